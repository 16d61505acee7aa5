package io.outpost.billing;

import io.outpost.audit.AuditEntry;
import io.outpost.audit.AuditTrail;
import io.outpost.aws.Names;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.Update;

/** Takes jobs off the bill that should not be on it, at Stripe first, then in the ledger. */
@Component("voidedJobs")
public class VoidedJobs {
  // Stripe cancels an event within 24 hours of receiving it.
  private static final Duration CANCELLABLE = Duration.ofHours(23);

  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;
  private final Transactions transactions;
  private final AuditTrail trail;

  VoidedJobs(
      DynamoDbClient dynamoDb,
      Items items,
      Names names,
      Transactions transactions,
      AuditTrail trail) {
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
    this.transactions = transactions;
    this.trail = trail;
  }

  /** How a job comes off the bill. */
  public enum Way {
    /** It is off, or was never on. */
    nothing,
    /** Stripe does not know of it. */
    unsent,
    /** Stripe cancels the report. */
    cancel,
    /** Stripe counts the opposite. */
    opposite
  }

  /** The ledger entry that a message names; null where there is none. */
  public LedgerEntry find(@Body StripeMessage message) {
    var key =
        Map.of(
            "tenant_id", Items.text(message.tenantId()),
            "sk", Items.text("ledger#" + message.period() + "#" + message.jobId()));
    var found =
        dynamoDb.getItem(g -> g.tableName(names.table("usage")).key(key).consistentRead(true));
    return found.hasItem() ? items.read(found.item(), LedgerEntry.class) : null;
  }

  /**
   * How the job comes off the bill.
   *
   * @throws IllegalStateException while it is not known whether Stripe has it: to be tried later
   */
  public Way way(@ExchangeProperty("entry") LedgerEntry entry) {
    if (entry == null || entry.voidedAt() != null) {
      return Way.nothing;
    }
    if (entry.isOpen()) {
      throw new IllegalStateException("Job " + entry.jobId() + " is being reported");
    }
    if (entry.reportedAt() == null) {
      return Way.unsent;
    }
    boolean fresh = Instant.now().isBefore(entry.reportBegan().plus(CANCELLABLE));
    return fresh ? Way.cancel : Way.opposite;
  }

  /**
   * Writes down that the job is off the bill; the audit entry is left in {@code audited}.
   *
   * @throws RuntimeException when its report began meanwhile: to be tried later
   */
  public void done(
      @ExchangeProperty("entry") LedgerEntry entry,
      @ExchangeProperty("way") Way way,
      Exchange exchange) {
    var audited = entry(entry, way);
    var condition =
        way == Way.unsent ? "attribute_not_exists(report_began)" : "attribute_exists(reported_at)";
    Change change = new Change();
    change.update(
        Update.builder()
            .tableName(names.table("usage"))
            .key(Map.of("tenant_id", Items.text(entry.tenantId()), "sk", Items.text(entry.sk())))
            .updateExpression("SET voided_at = :now REMOVE unreported_shard")
            .conditionExpression(condition)
            .expressionAttributeValues(Map.of(":now", Items.text(Json.time(audited.timestamp())))),
        old -> new IllegalStateException("Job " + entry.jobId() + " is being reported"));
    trail.add(change, audited);
    transactions.write(change);
    exchange.setVariable("audited", audited);
  }

  private static AuditEntry entry(LedgerEntry entry, Way way) {
    return new AuditEntry(
        Ids.ulid(),
        entry.tenantId(),
        Instant.now(),
        "billing.job-voided",
        "/jobs/" + entry.jobId(),
        AuditEntry.Outcome.allowed,
        null,
        null,
        null,
        null,
        null,
        Map.of("way", way.name()));
  }
}
