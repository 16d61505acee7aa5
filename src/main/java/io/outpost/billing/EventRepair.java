package io.outpost.billing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * Keeps the time up to which Stripe's events were listed. Listing finds events that no webhook
 * delivered; Stripe lists the events of 30 days. Thread-safe.
 */
@Component("eventRepair")
public class EventRepair {
  // A margin for events that Stripe lists late, and for clocks that differ.
  private static final Duration OVERLAP = Duration.ofHours(1);
  private static final Duration AT_FIRST = Duration.ofDays(3);

  private final DynamoDbClient dynamoDb;
  private final ObjectMapper mapper;
  private final Names names;
  private final Clock clock;

  EventRepair(DynamoDbClient dynamoDb, ObjectMapper mapper, Names names, Clock clock) {
    this.clock = clock;
    this.dynamoDb = dynamoDb;
    this.mapper = mapper;
    this.names = names;
  }

  /** The time now, to be recorded when the listing is complete. */
  public Instant begin() {
    return clock.instant();
  }

  /** The time from which to list: the beginning of the last listing, less the margin. */
  public Instant since() {
    var found = dynamoDb.getItem(g -> g.tableName(names.table("events")).key(key()));
    return found.hasItem()
        ? Instant.parse(Items.required(found.item(), "looked_at").s()).minus(OVERLAP)
        : clock.instant().minus(AT_FIRST);
  }

  /** The call for the next page of events. */
  public StripeCall page(
      @ExchangeProperty("types") String types,
      @ExchangeProperty("since") Instant since,
      @ExchangeProperty("after") String after) {
    return StripeCall.get(
        "/v1/events", StripeRequests.events(List.of(types.split(",", -1)), since, after));
  }

  /** The events of a page. */
  public List<StripeEvent> events(@Variable("page") String page) throws JsonProcessingException {
    return StreamSupport.stream(mapper.readTree(page).path("data").spliterator(), false)
        .map(StripeEvent::read)
        .flatMap(Optional::stream)
        .toList();
  }

  /** Records when the complete listing began. */
  public void looked(@ExchangeProperty("began") Instant began) {
    dynamoDb.updateItem(
        u ->
            u.tableName(names.table("events"))
                .key(key())
                .updateExpression("SET looked_at = :began")
                .expressionAttributeValues(Map.of(":began", Items.text(Json.time(began)))));
  }

  private static Map<String, software.amazon.awssdk.services.dynamodb.model.AttributeValue> key() {
    return Map.of("event_id", Items.text("repair"));
  }
}
