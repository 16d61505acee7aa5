package io.outpost.platform.aws;

import io.outpost.platform.AuditEntry;
import java.time.Duration;
import java.util.Map;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;

/** Audit entries as items of the audit table. Thread-safe. */
@Component
public class AuditTrail {

  private final Items items;
  private final Names names;
  private final Duration retention;

  AuditTrail(Items items, Names names, @Value("${outpost.audit.retention}") Duration retention) {
    this.items = items;
    this.names = names;
    this.retention = retention;
  }

  /** Adds an entry to the transaction of what it tells of. */
  public void add(Change change, AuditEntry entry) {
    change.put(
        Put.builder().tableName(names.table("audit")).item(item(entry)),
        old -> new IllegalStateException("An unconditional write was refused"));
  }

  /** The item of an entry; writing it twice is once. */
  public Map<String, AttributeValue> item(AuditEntry entry) {
    Map<String, AttributeValue> item = items.write(entry);
    item.put("sk", Items.text(entry.sk()));
    item.put("expires_at", Items.number(entry.timestamp().plus(retention).getEpochSecond()));
    return item;
  }
}
