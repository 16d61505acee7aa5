package io.outpost.workspaces;

import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.kernel.Json;
import io.outpost.kernel.Page;
import io.outpost.kernel.Problem;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Pages;
import java.time.Instant;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.Delete;
import software.amazon.awssdk.services.s3.S3Client;

/** The steps on the workspaces of the caller's tenant. Stateless. */
@Component("workspaces")
public class Workspaces {

  private final S3Client s3;
  private final Pages pages;
  private final Names names;

  Workspaces(S3Client s3, Pages pages, Names names) {
    this.s3 = s3;
    this.pages = pages;
    this.names = names;
  }

  /** A page of workspaces by name. Those that no job has saved yet are left out. */
  public Page<Workspace> list(
      @Header("limit") int limit,
      @Header("cursor") String cursor,
      @ExchangeProperty(Call.NAME) Call call) {
    var tenantId = call.principal().tenantId();
    return pages.read(
        query ->
            query
                .tableName(names.table("tenants"))
                .scanIndexForward(true)
                .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :workspace)")
                .filterExpression("attribute_exists(archive_key)")
                .expressionAttributeValues(
                    Map.of(
                        ":tenant", Items.text(tenantId), ":workspace", Items.text(Workspace.SK))),
        tenantId + " workspaces",
        limit,
        cursor,
        Workspace.class);
  }

  /** Adds the removal of a workspace to the change. Refused with 409 while a job runs in it. */
  public void delete(
      @Header("workspace") String name, @ExchangeProperty(Call.NAME) Call call, Exchange exchange) {
    Change.of(exchange)
        .delete(
            Delete.builder()
                .tableName(names.table("tenants"))
                .key(Workspace.key(call.principal().tenantId(), name))
                .conditionExpression(
                    "attribute_exists(archive_key) AND (attribute_not_exists(holder) OR holder_until < :now)")
                .expressionAttributeValues(Map.of(":now", Items.text(Json.time(Instant.now())))),
            old ->
                old.containsKey("archive_key")
                    ? new Problem(
                        Problem.Code.CONFLICT,
                        "A job runs in this workspace; delete it when the job has ended.")
                    : Problem.notFound("workspace"));
  }

  /** Removes the files of a deleted workspace. */
  public void removeFiles(
      @Header("workspace") String name, @ExchangeProperty(Call.NAME) Call call) {
    var bucket = names.bucket("output");
    var prefix = Workspace.prefix(call.principal().tenantId(), name);
    s3.listObjectsV2Paginator(l -> l.bucket(bucket).prefix(prefix))
        .contents()
        .forEach(object -> s3.deleteObject(d -> d.bucket(bucket).key(object.key())));
  }
}
