package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A signed body is accepted only if every field that we use is that of an event. */
class StripeEventTest {
  private static final String WHOLE =
      """
      {"id": "evt_1", "object": "event", "type": "invoice.paid", "created": 1764000000,
       "api_version": "2026-07-29.dahlia",
       "data": {"object": {"id": "in_1", "object": "invoice", "customer": "cus_1"}}}""";

  private static Optional<StripeEvent> read(String body) {
    return StripeEvent.read(body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void saysWhatHappenedToWhom() {
    assertThat(read(WHOLE))
        .hasValue(
            new StripeEvent(
                "evt_1",
                "invoice.paid",
                "2026-07-29.dahlia",
                Instant.ofEpochSecond(1_764_000_000),
                "cus_1",
                null));
  }

  /** An event is read in the same way for every API version. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "2019-05-16",
        "2022-08-01; orders_beta=v4;link_beta=v1",
        "2025-02-24.acacia",
        "2026-07-29.dahlia",
        "2026-07-29.preview",
        "2031-01-01.zinc"
      })
  void readsEveryApiVersion(String version) {
    assertThat(read(WHOLE.replace("2026-07-29.dahlia", version)))
        .hasValueSatisfying(event -> assertThat(event.customer()).isEqualTo("cus_1"));
  }

  @Test
  void findsTheCustomerInEachKindOfObject() {
    String customer = WHOLE.replace("in_1", "cus_2").replace("\"invoice\"", "\"customer\"");
    assertThat(read(customer)).hasValueSatisfying(e -> assertThat(e.customer()).isEqualTo("cus_2"));
    String expanded = WHOLE.replace("\"cus_1\"", "{\"id\": \"cus_3\"}");
    assertThat(read(expanded)).hasValueSatisfying(e -> assertThat(e.customer()).isEqualTo("cus_3"));
    String none = WHOLE.replace("\"cus_1\"", "null");
    assertThat(read(none)).hasValueSatisfying(e -> assertThat(e.customer()).isNull());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "{}",
        "[]",
        "1",
        "\"event\"",
        "{\"id\": \"evt_1\"",
        "{\"id\": {\"a\": []}, \"object\": \"event\"}",
        "\u0000",
      })
  void refusesWhatIsNoEvent(String body) {
    assertThat(read(body)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"evt_1\"|1",
        "\"evt_1\"|\"evt_1/../x\"",
        "\"evt_1\"|\"ch_1\"",
        "\"invoice.paid\"|null",
        "\"invoice.paid\"|\"Invoice Paid\"",
        "\"2026-07-29.dahlia\"|null",
        "\"api_version\"|\"version\"",
        "1764000000|\"yesterday\"",
        "1764000000|1e400",
        "1764000000|-1",
        "1764000000|9223372036854775808",
        "\"object\": \"event\"|\"object\": \"v2.core.event\"",
        "{\"id\": \"in_1\", \"object\": \"invoice\", \"customer\": \"cus_1\"}|[]",
        "\"created\"|\"id\": \"evt_2\", \"created\"",
      })
  void refusesAnEventThatIsWrongInOnePlace(String change) {
    String[] parts = change.split("\\|", 2);
    assertThat(WHOLE).contains(parts[0]);
    assertThat(read(WHOLE.replace(parts[0], parts[1]))).isEmpty();
  }

  @Test
  void refusesDeepNestingAndTrailingText() {
    assertThat(read(WHOLE.replace("\"cus_1\"", "[".repeat(5_000)))).isEmpty();
    assertThat(read(WHOLE + WHOLE)).isEmpty();
  }

  /** A thin event of API v2 has no object to read. */
  @Test
  void takesThinEventsOfMetersAndNoOthers() {
    assertThat(
            read(
                """
                {"id": "evt_test_65", "object": "v2.core.event", "livemode": false,
                 "type": "v1.billing.meter.error_report_triggered",
                 "created": "2026-11-21T12:00:00.000Z",
                 "related_object": {"id": "mtr_1", "type": "billing.meter", "url": "/v1/x"}}"""))
        .hasValueSatisfying(event -> assertThat(event.customer()).isNull());
    assertThat(
            read(
                """
                {"id": "evt_test_66", "object": "v2.core.event", "livemode": false,
                 "type": "v2.core.event_destination.ping",
                 "created": "2026-11-21T12:00:00.000Z"}"""))
        .isEmpty();
  }

  @Property(tries = 500)
  void neverStumbles(@ForAll byte[] body) {
    assertThat(StripeEvent.read(body)).isEmpty();
  }
}
