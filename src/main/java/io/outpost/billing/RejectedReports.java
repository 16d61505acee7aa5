package io.outpost.billing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Names;
import io.outpost.store.Items;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Body;
import org.apache.camel.Variable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The reports that Stripe accepted and later rejected, from its error reports. An error report has
 * only samples; the comparison of sums finds the rest. Thread-safe.
 */
@Component("rejectedReports")
public class RejectedReports {
  private static final Duration KEPT = Duration.ofDays(40);
  // Stripe's codes for faults of the job itself. Other faults must be repaired by an operator or a
  // customer.
  private static final Set<String> OF_JOBS =
      Set.of(
          "timestamp_too_far_in_past",
          "timestamp_in_future",
          "meter_event_invalid_value",
          "meter_event_value_not_found",
          "meter_event_dimension_count_too_high");

  private final DynamoDbClient dynamoDb;
  private final Names names;
  private final UsageLedger ledger;
  private final ObjectMapper mapper;

  RejectedReports(DynamoDbClient dynamoDb, Names names, UsageLedger ledger, ObjectMapper mapper) {
    this.dynamoDb = dynamoDb;
    this.names = names;
    this.ledger = ledger;
    this.mapper = mapper;
  }

  /** A rejected report, by its identifier, with Stripe's code. */
  public record Rejected(String identifier, String code) {
    /** Whether the fault is not the job's, but our account's or a customer's. */
    public boolean isOurs() {
      return !OF_JOBS.contains(String.valueOf(code));
    }
  }

  /**
   * The rejected reports in an error report. Parsed as plain JSON, because stripe-java's type for
   * it cannot be read.
   */
  public List<Rejected> named(@Variable("report") String json) throws JsonProcessingException {
    List<Rejected> rejected = new ArrayList<>();
    for (var type : mapper.readTree(json).at("/data/reason/error_types")) {
      for (var sample : type.path("sample_errors")) {
        var identifier = sample.at("/request/identifier").textValue();
        if (identifier != null) {
          rejected.add(new Rejected(identifier, type.path("code").asText("unknown")));
        }
      }
    }
    return rejected;
  }

  /** Stores a rejected report until the next comparison, which finds its tenant. */
  public void keep(@Body Rejected one) {
    var expires = Items.number(Instant.now().plus(KEPT).getEpochSecond());
    dynamoDb.putItem(
        p ->
            p.tableName(names.table("usage"))
                .item(
                    Map.of(
                        "tenant_id", Items.text("usage-rejected"),
                        "sk", Items.text(one.identifier()),
                        "code", Items.text(one.code()),
                        "expires_at", expires)));
  }

  /**
   * Schedules another report of a rejected job, or parks the job when the fault is its own; false
   * when no report was rejected.
   */
  boolean settle(LedgerEntry entry) {
    var found = dynamoDb.getItem(g -> g.tableName(names.table("usage")).key(key(entry)));
    if (!found.hasItem()) {
      return false;
    }
    var rejected = new Rejected(entry.identifier(), Items.required(found.item(), "code").s());
    if (ledger.resend(entry) && !rejected.isOurs()) {
      ledger.park(entry, rejected.code());
    }
    return true;
  }

  private static Map<String, AttributeValue> key(LedgerEntry entry) {
    return Map.of("tenant_id", Items.text("usage-rejected"), "sk", Items.text(entry.identifier()));
  }
}
