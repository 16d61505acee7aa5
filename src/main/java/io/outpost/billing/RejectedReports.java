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
 * The reports that Stripe accepted and rejected afterwards, as its error reports name them. A
 * report names a sample only; the comparison of sums finds the others. Thread-safe.
 */
@Component("rejectedReports")
public class RejectedReports {
  private static final Duration KEPT = Duration.ofDays(40);
  // What is wrong with the job itself; everything else is mended by an operator or by a customer.
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

  /** A rejected report and Stripe's code for it. */
  public record Rejected(String identifier, String code) {
    /** Whether our account is at fault, or a customer, and not the job. */
    public boolean isOurs() {
      return !OF_JOBS.contains(String.valueOf(code));
    }
  }

  /** The reports that an error report names; stripe-java's type of it cannot be read. */
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

  /** Keeps them until the next comparison, which knows whose they are. */
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

  /** Has a rejected job told again, or parks it; false for one that was not rejected. */
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
