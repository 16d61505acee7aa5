package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.local.stripe.Call;
import io.outpost.local.stripe.Faults.Fault;
import io.outpost.local.stripe.SettableClock;
import io.outpost.local.stripe.StripeStub;
import io.outpost.telemetry.SilentTelemetry;
import java.util.ArrayList;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.PluginHelper;
import org.apache.camel.support.ResourceHelper;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls to Stripe are repeated only where that is safe, and not for ever. */
class P23StripeCallRouteTest {
  private static final StripeCall CREATE =
      StripeCall.post(
          "/v1/customers",
          StripeRequests.customer("t-1", "Ada", "ada@example.com"),
          "outpost-customer-t-1");

  private final StripeStub stub = StripeStub.start(0, new SettableClock("2026-11-21T12:00:00Z"));
  private final DefaultCamelContext camel = new DefaultCamelContext();
  private ProducerTemplate producer;

  @BeforeEach
  void start() throws Exception {
    Properties settings = new Properties();
    settings.put("outpost.stripe.api-base", stub.base().toString());
    settings.put("outpost.stripe.api-version", "2026-07-29.dahlia");
    settings.put("outpost.stripe.retries", "3");
    settings.put("outpost.stripe.retry-delay", "5");
    settings.put("outpost.stripe.connect-timeout", "500");
    settings.put("outpost.stripe.response-timeout", "1000");
    camel.getPropertiesComponent().setInitialProperties(settings);
    camel.getRegistry().bind("stripeCredentials", new StripeCredentials(StripeStub.SECRET_KEY));
    camel.getRegistry().bind("stripeKeys", new KeysInMemory());
    camel.getRegistry().bind("stripePages", new StripePages(new ObjectMapper()));
    camel
        .getRegistry()
        .bind("stripeConnection", new StripeConnection(SilentTelemetry.calls(), 500, 1000));
    PluginHelper.getRoutesLoader(camel)
        .loadRoutes(
            ResourceHelper.resolveResource(
                camel, "classpath:routes/api/billing-stripe.camel.yaml"));
    camel.addRoutes(
        new RouteBuilder() {
          @Override
          public void configure() {
            from("direct:caller")
                .toV("direct:call-stripe", "call", "answer")
                .setBody(simple("${variable.answer}"));
          }
        });
    camel.start();
    producer = camel.createProducerTemplate();
  }

  @AfterEach
  void stop() {
    camel.stop();
    stub.close();
  }

  private String call(StripeCall call) {
    return producer.requestBodyAndHeader("direct:call-stripe", call, "Cookie", "no", String.class);
  }

  @Test
  void sendsWhatStripeNeedsAndNothingElse() {
    String id = StripeAnswers.customerId(call(CREATE));
    assertThat(id).startsWith("cus_");
    assertThat(stub.calls())
        .singleElement()
        .satisfies(
            sent -> {
              assertThat(sent.header("stripe-version")).isEqualTo("2026-07-29.dahlia");
              assertThat(sent.header("idempotency-key")).isEqualTo("outpost-customer-t-1");
              assertThat(sent.header("authorization")).isEqualTo("Bearer " + StripeStub.SECRET_KEY);
              assertThat(sent.header("content-type"))
                  .startsWith("application/x-www-form-urlencoded");
              assertThat(sent.headers()).doesNotContainKey("cookie");
            });
    String listed =
        call(
            StripeCall.get("/v1/customers", StripeRequests.customersWith("ada@example.com", null)));
    assertThat(StripeAnswers.customerOf(listed, "t-1")).hasValue(id);
  }

  @Test
  void aListIsReadToItsEndPageByPage() throws Exception {
    var customers = new ArrayList<String>();
    for (int i = 0; i < 250; i++) {
      var form = StripeRequests.customer("t-" + i, "Ada", "ada@example.com");
      customers.addFirst(
          StripeAnswers.customerId(call(StripeCall.post("/v1/customers", form, "key-" + i))));
    }
    var before = stub.calls().size();
    var list =
        new ObjectMapper()
            .readTree(
                producer.requestBody(
                    "direct:list-at-stripe",
                    StripeCall.get(
                        "/v1/customers", StripeRequests.customersWith("ada@example.com", null)),
                    String.class));
    assertThat(list.get("data").findValuesAsText("id")).containsExactlyElementsOf(customers);
    assertThat(list.get("has_more").asBoolean()).isFalse();
    assertThat(stub.calls()).hasSize(before + 3);
    // A route may also give the call as JSON.
    var wish = "{\"path\":\"/v1/customers\",\"params\":{\"limit\":90}}";
    assertThat(producer.requestBody("direct:list-at-stripe", wish, String.class))
        .contains(customers);
  }

  /** Keeps the retired idempotency keys in memory instead of a table. */
  private static final class KeysInMemory extends StripeKeys {
    private final Map<String, Long> retired = new ConcurrentHashMap<>();

    KeysInMemory() {
      super(null, null);
    }

    @Override
    long retired(String key) {
      return retired.getOrDefault(key, 0L);
    }

    @Override
    void retire(String base, long generation) {
      retired.put(base, generation + 1);
    }
  }

  /** Stripe stores a 500 for an idempotency key and repeats it for a day. */
  @Test
  void takesAnotherKeyAfterAStoredError() {
    stub.faults().next(2, Fault.SERVER_ERROR);
    assertThat(StripeAnswers.customerId(call(CREATE))).startsWith("cus_");
    assertThat(stub.calls())
        .extracting(sent -> sent.header("idempotency-key"))
        .containsExactly(
            "outpost-customer-t-1", "outpost-customer-t-1-1", "outpost-customer-t-1-2");
    assertThat(stub.account().customers()).hasSize(1);
  }

  /**
   * After an error the caller must first check whether the object exists, because a second one
   * would do harm.
   */
  @Test
  void doesNotRepeatAfterAnErrorWhatMustBeThereOnce() {
    var make = StripeCall.make(CREATE.path(), CREATE.form(), CREATE.idempotencyKey());
    stub.faults().next(1, Fault.SERVER_ERROR_AFTER);
    assertThatThrownBy(() -> call(make)).hasCauseInstanceOf(StripeUnavailable.class);
    assertThat(stub.calls()).hasSize(1);
    call(make);
    assertThat(stub.calls().getLast().header("idempotency-key"))
        .isEqualTo("outpost-customer-t-1-1");
  }

  /** After any fault, also one after the effect, there is exactly one customer. */
  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      mode = EnumSource.Mode.MATCH_NONE,
      names = {"SERVER_ERROR.*", "BUSY_FOR.*", "NOT_AGAIN"})
  void repeatsWithTheSameKeyUntilStripeAnswers(Fault fault) {
    stub.faults().next(2, fault);
    assertThat(StripeAnswers.customerId(call(CREATE))).startsWith("cus_");
    assertThat(stub.account().customers()).hasSize(1);
    assertThat(stub.calls()).hasSize(3);
    assertThat(stub.calls())
        .extracting(sent -> sent.header("idempotency-key"))
        .containsOnly("outpost-customer-t-1");
  }

  /**
   * {@code Retry-After} and {@code Stripe-Should-Retry} are obeyed: the call is not repeated at
   * once.
   */
  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"BUSY_FOR_AN_HOUR", "NOT_AGAIN"})
  void doesNotRepeatWhatStripeAsksNotToRepeat(Fault fault) {
    stub.faults().next(1, fault);
    assertThatThrownBy(() -> call(CREATE)).hasCauseInstanceOf(StripeUnavailable.class);
    assertThat(stub.calls()).hasSize(1);
    assertThat(StripeAnswers.customerId(call(CREATE))).startsWith("cus_");
  }

  @Test
  void givesUpAfterTheAllowedRetries() {
    stub.faults().next(100, Fault.SERVER_ERROR);
    assertThatThrownBy(() -> call(CREATE)).hasCauseInstanceOf(StripeUnavailable.class);
    assertThat(stub.calls()).hasSize(4);
  }

  @Test
  void doesNotRepeatWhatStripeRefused() {
    assertThatThrownBy(() -> call(StripeCall.get("/v1/customers/cus_none", null)))
        .cause()
        .isInstanceOfSatisfying(
            StripeRefusal.class,
            refusal -> {
              assertThat(refusal.isMissing()).isTrue();
              assertThat(refusal.status()).isEqualTo(404);
            });
    assertThat(stub.calls()).hasSize(1);
  }

  /** While Stripe is down, the circuit breaker lets calls fail at once, without sending them. */
  @Test
  void opensTheCircuitWhenStripeIsDown() {
    stub.faults().next(1_000, Fault.SERVER_ERROR);
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(() -> call(CREATE)).isInstanceOf(CamelExecutionException.class);
    }
    int sent = stub.calls().size();
    assertThat(sent).isLessThan(20);
    assertThatThrownBy(() -> call(CREATE))
        .cause()
        .isInstanceOf(StripeUnavailable.class)
        .hasMessageContaining("CircuitBreaker 'stripe-circuit' is OPEN");
    assertThat(stub.calls()).hasSize(sent);
  }

  /** The caller's body and headers stay unchanged; the answer is in a variable. */
  @Test
  void leavesTheCallersMessageAlone() {
    var answer =
        producer.request(
            "direct:caller",
            exchange -> {
              exchange.setVariable("call", CREATE);
              exchange.getMessage().setHeader("mine", "kept");
            });
    assertThat(answer.getException()).isNull();
    assertThat(answer.getMessage().getHeader("mine")).isEqualTo("kept");
    assertThat(answer.getMessage().getHeaders()).doesNotContainKeys("Authorization", "Request-Id");
    assertThat(stub.calls()).map(Call::path).containsExactly("/v1/customers");
  }

  /**
   * The caller's headers contain the SQS receipt handle, without which its message could not be
   * deleted.
   */
  @Test
  void givesTheCallerItsHeadersBackWhenStripeRefuses() {
    var answer =
        producer.request(
            "direct:caller",
            exchange -> {
              exchange.setVariable("call", StripeCall.get("/v1/customers/cus_none", null));
              exchange.getMessage().setHeader("mine", "kept");
            });
    assertThat(answer.getException()).isInstanceOf(StripeRefusal.class);
    assertThat(answer.getMessage().getHeaders()).containsOnly(Map.entry("mine", "kept"));
  }
}
