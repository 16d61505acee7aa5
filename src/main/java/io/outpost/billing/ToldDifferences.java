package io.outpost.billing;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * The differences between Stripe and the ledger that operators were notified of. Each is reported
 * once, again when it changes, and a last time when it is gone. Thread-safe.
 */
@Component("toldDifferences")
public class ToldDifferences {
  private static final String TOLD = "told#";
  // Longer than the time range of any comparison.
  private static final Duration KEPT = Duration.ofDays(90);

  private final DynamoDbClient dynamoDb;
  private final Names names;
  private final Clock clock;

  ToldDifferences(DynamoDbClient dynamoDb, Names names, Clock clock) {
    this.dynamoDb = dynamoDb;
    this.names = names;
    this.clock = clock;
  }

  /** A difference. */
  public interface Difference {
    /** Identifies the difference in every comparison. */
    String key();

    /** What the difference is now; when it changes, operators are notified again. */
    String state();
  }

  /** The differences of usage that are new or have changed since the last notice. */
  public List<? extends Difference> ofUsage(
      @ExchangeProperty("tenantId") String tenantId,
      @ExchangeProperty("reconciliation") UsageComparison comparison) {
    return unknown(tenantId, comparison.differences());
  }

  /** The differences of invoices that are new or have changed since the last notice. */
  public List<? extends Difference> ofInvoices(
      @ExchangeProperty("tenantId") String tenantId,
      @ExchangeProperty("findings") InvoiceFindings findings) {
    return unknown(tenantId, findings.differences());
  }

  /** The reported differences that the comparison of usage no longer finds. */
  public List<String> goneFromUsage(
      @ExchangeProperty("tenantId") String tenantId,
      @ExchangeProperty("reconciliation") UsageComparison comparison) {
    return gone(tenantId, comparison.differences(), comparison::holds);
  }

  /** The reported differences that the check of invoices no longer finds. */
  public List<String> goneFromInvoices(
      @ExchangeProperty("tenantId") String tenantId,
      @ExchangeProperty("findings") InvoiceFindings findings) {
    return gone(tenantId, findings.differences(), findings.checked()::contains);
  }

  /** Records that operators were notified of the difference. */
  public void told(
      @ExchangeProperty("tenantId") String tenantId,
      @ExchangeProperty("difference") Difference difference) {
    var now = clock.instant();
    var item =
        Map.of(
            "tenant_id", Items.text(tenantId),
            "sk", Items.text(TOLD + difference.key()),
            "state", Items.text(difference.state()),
            "told_at", Items.text(Json.time(now)),
            "expires_at", Items.number(now.plus(KEPT).getEpochSecond()));
    dynamoDb.putItem(p -> p.tableName(names.table("usage")).item(item));
  }

  /** Removes a difference after operators were notified that it is gone. */
  public void forget(@ExchangeProperty("tenantId") String tenantId, @Body String key) {
    var item = Map.of("tenant_id", Items.text(tenantId), "sk", Items.text(TOLD + key));
    dynamoDb.deleteItem(d -> d.tableName(names.table("usage")).key(item));
  }

  private List<? extends Difference> unknown(
      String tenantId, List<? extends Difference> differences) {
    if (differences.isEmpty()) {
      return differences;
    }
    var told = known(tenantId);
    return differences.stream().filter(one -> !one.state().equals(told.get(one.key()))).toList();
  }

  private List<String> gone(
      String tenantId, List<? extends Difference> differences, Predicate<String> compared) {
    Set<String> found = differences.stream().map(Difference::key).collect(Collectors.toSet());
    return known(tenantId).keySet().stream()
        .filter(key -> compared.test(key) && !found.contains(key))
        .toList();
  }

  private Map<String, String> known(String tenantId) {
    Map<String, String> told = new HashMap<>();
    dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("usage"))
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :told)")
                    .expressionAttributeValues(
                        Map.of(":tenant", Items.text(tenantId), ":told", Items.text(TOLD)))
                    .consistentRead(true))
        .items()
        .forEach(
            item ->
                told.put(
                    Items.required(item, "sk").s().substring(TOLD.length()),
                    Items.required(item, "state").s()));
    return told;
  }
}
