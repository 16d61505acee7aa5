package io.outpost.audit;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.kernel.Page;
import io.outpost.store.Items;
import io.outpost.store.Pages;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Reads the audit of a tenant. Stateless. */
@Component("auditReader")
public class AuditReader {

  private final Pages pages;
  private final Names names;

  AuditReader(Pages pages, Names names) {
    this.pages = pages;
    this.names = names;
  }

  /** A page of entries, newest first; null filters match all. */
  public Page<AuditEntry> list(
      @Header("tenant_id") String tenantId,
      @Header("from") String from,
      @Header("to") String to,
      @Header("action") String action,
      @Header("resource") String resource,
      @Header("request_id") String requestId,
      @Header("limit") int limit,
      @Header("cursor") String cursor) {
    var range = TimeRange.of(from, to);
    var wanted = new TreeMap<String, String>();
    wanted.put("action", action);
    wanted.put("resource", resource);
    wanted.put("request_id", requestId);
    wanted.values().removeIf(value -> value == null);
    var condition = new StringBuilder("expires_at > :now");
    Map<String, String> attributes = new HashMap<>();
    Map<String, AttributeValue> values = new HashMap<>();
    values.put(":tenant", Items.text(tenantId));
    // Sort keys are longer than a time, so none equals the upper bound, which is therefore
    // exclusive.
    values.put(":from", Items.text(Json.time(range.from())));
    values.put(":to", Items.text(Json.time(range.to())));
    values.put(":now", Items.number(Instant.now().getEpochSecond()));
    wanted.forEach(
        (name, value) -> {
          condition.append(" AND #%s = :%s".formatted(name, name));
          attributes.put("#" + name, name);
          values.put(":" + name, Items.text(value));
        });
    return pages.read(
        q ->
            q.tableName(names.table("audit"))
                .keyConditionExpression("tenant_id = :tenant AND sk BETWEEN :from AND :to")
                .filterExpression(condition.toString())
                .expressionAttributeNames(attributes.isEmpty() ? null : attributes)
                .expressionAttributeValues(values),
        "%s audit %s %s".formatted(tenantId, range, wanted),
        limit,
        cursor,
        AuditEntry.class);
  }
}
