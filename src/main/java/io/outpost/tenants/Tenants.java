package io.outpost.tenants;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.platform.Ids;
import io.outpost.platform.Problem;
import io.outpost.platform.Tenant;
import io.outpost.platform.Tier;
import io.outpost.platform.aws.Change;
import io.outpost.platform.aws.Items;
import io.outpost.platform.aws.Names;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.Put;

/** The steps of keeping tenants. Stateless. */
@Component("tenants")
public class Tenants {

  private final DynamoDbClient dynamoDb;
  private final ObjectMapper mapper;
  private final Items items;
  private final Names names;

  Tenants(DynamoDbClient dynamoDb, ObjectMapper mapper, Items items, Names names) {
    this.dynamoDb = dynamoDb;
    this.mapper = mapper;
    this.items = items;
    this.names = names;
  }

  /** What a client sees of a tenant. */
  public record View(
      String tenantId,
      String name,
      String email,
      Tier tier,
      Tenant.Status status,
      String stripeCustomerId,
      String subscriptionStatus,
      Instant createdAt,
      Instant updatedAt) {

    static View of(Tenant t) {
      return new View(
          t.tenantId(),
          t.name(),
          t.email(),
          t.tier(),
          t.status(),
          t.stripeCustomerId(),
          t.subscriptionStatus(),
          t.createdAt(),
          t.updatedAt());
    }
  }

  /** What a client asks for. */
  record Wish(String name, String email, Tier tier) {}

  /** Makes a tenant from the request and adds it to the change. */
  public View create(@Body JsonNode body, Exchange exchange) {
    var wish = mapper.convertValue(body, Wish.class);
    var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    var tier = wish.tier() == null ? Tier.FREE : wish.tier();
    var tenant =
        new Tenant(
            Ids.uuid(),
            wish.name(),
            wish.email(),
            tier,
            Tenant.Status.active,
            null,
            null,
            now,
            now,
            null,
            now,
            1);
    var item = items.write(tenant);
    item.put("sk", Items.text(Tenant.SK));
    item.put("directory", Items.text("tenants"));
    Change.of(exchange)
        .put(
            Put.builder()
                .tableName(names.table("tenants"))
                .item(item)
                .conditionExpression("attribute_not_exists(sk)"),
            old -> new Problem(Problem.Code.CONFLICT, "Try again."));
    return View.of(tenant);
  }

  /** Reads a tenant. */
  public View read(@Header("tenant_id") String tenantId) {
    return View.of(load(tenantId));
  }

  private Tenant load(String tenantId) {
    var found =
        dynamoDb.getItem(g -> g.tableName(names.table("tenants")).key(Tenant.key(tenantId)));
    if (!found.hasItem()) {
      throw Problem.notFound("tenant");
    }
    return items.read(found.item(), Tenant.class);
  }
}
