package io.outpost.tenants;

import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Page;
import io.outpost.kernel.Problem;
import io.outpost.store.Items;
import io.outpost.store.Pages;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** Reads tenants. Stateless. */
@Component("tenantReader")
public class TenantReader {

  private final DynamoDbClient dynamoDb;
  private final Pages pages;
  private final Items items;
  private final Names names;

  TenantReader(DynamoDbClient dynamoDb, Pages pages, Items items, Names names) {
    this.dynamoDb = dynamoDb;
    this.pages = pages;
    this.items = items;
    this.names = names;
  }

  /** Reads a tenant. */
  public Tenant read(@Header("tenant_id") String tenantId) {
    var found =
        dynamoDb.getItem(
            g ->
                g.tableName(names.table("tenants")).key(Tenant.key(tenantId)).consistentRead(true));
    if (!found.hasItem()) {
      throw Problem.notFound("tenant");
    }
    return items.read(found.item(), Tenant.class);
  }

  /**
   * The tier of the tenant in the path, which must exist. The caller's own tenant is not read: it
   * exists, because the key is valid. Operators have the rights of every tier.
   *
   * @throws Problem 404 when the tenant does not exist or is deleted
   */
  public Tier require(
      @Header("tenant_id") String tenantId, @ExchangeProperty(Call.NAME) Call call) {
    if (tenantId.equals(Ids.OPERATORS)) {
      return Tier.ENTERPRISE;
    }
    if (tenantId.equals(call.principal().tenantId())) {
      return call.principal().tier();
    }
    var tenant = read(tenantId);
    if (tenant.status() == Tenant.Status.deleted) {
      throw Problem.notFound("tenant");
    }
    return tenant.tier();
  }

  /** A page of tenants, newest first. Deleted ones are only listed by their status. */
  public Page<TenantView> list(
      @Header("status") String status,
      @Header("limit") int limit,
      @Header("cursor") String cursor) {
    var deleted = Tenant.Status.deleted.name().equals(status);
    var page =
        pages.read(
            q -> {
              q.tableName(names.table("tenants"))
                  .indexName("directory")
                  .keyConditionExpression("directory = :directory");
              var directory = Items.text(deleted ? Tenants.DELETED : Tenants.PRESENT);
              if (status == null || deleted) {
                q.expressionAttributeValues(Map.of(":directory", directory));
              } else {
                q.filterExpression("#status = :status")
                    .expressionAttributeNames(Map.of("#status", "status"))
                    .expressionAttributeValues(
                        Map.of(":directory", directory, ":status", Items.text(status)));
              }
            },
            "tenants " + status,
            limit,
            cursor,
            Tenant.class);
    return new Page<>(page.data().stream().map(TenantView::of).toList(), page.nextCursor());
  }
}
