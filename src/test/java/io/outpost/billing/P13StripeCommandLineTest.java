package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.agents.SearchPath;
import io.outpost.local.stripe.ListenRelay;
import io.outpost.local.stripe.LocalStripe;
import io.outpost.local.stripe.StripeStub;
import io.outpost.local.stripe.Webhooks;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Drives the stub with Stripe's own command line, which was written independently of us: its calls
 * and the events that it forwards to our webhook must give a tenant the right state. Skipped where
 * the command line is not installed; {@code .ci/stripe-cli} installs it.
 */
@Tag("product")
class P13StripeCommandLineTest {
  private static final String BIN = "/outpost-stripe-cli/node_modules/@stripe/cli-linux-x64/bin";
  private static final SearchPath PROGRAMS =
      new SearchPath(
          String.join(
              ":",
              "/opt" + BIN,
              System.getProperty("user.home") + "/.cache" + BIN,
              System.getenv("PATH")));

  private static final String WEBHOOK_SECRET = "whsec_outpost_stub";

  @TempDir static Path home;
  private static Path program;
  private static BillingApi api;

  @BeforeAll
  static void start() {
    var found = PROGRAMS.find("stripe");
    assumeTrue(
        found.isPresent(),
        "SKIPPED: Stripe's command line is not installed; .ci/stripe-cli installs it");
    program = found.get();
    api = BillingApi.start(Map.of());
  }

  @AfterAll
  static void stop() {
    if (api != null) {
      api.close();
    }
  }

  @Test
  void subscribesATenantAndCancels() throws Exception {
    var client = api.tenant("terminal", "free");
    var customer = api.customer(client);
    var found = stripe("customers", "list", "--email", "terminal@example.com");
    assertThat(found.at("/data/0/id").asText()).isEqualTo(customer);
    assertThat(found.at("/data/0/metadata/tenant_id").asText()).isEqualTo(client.tenantId());
    var subscription = subscribe(customer);
    delivered();
    assertThat(tier(client)).isEqualTo("pro");
    var canceled = stripe("subscriptions", "cancel", subscription, "--confirm");
    assertThat(canceled.get("status").asText()).isEqualTo("canceled");
    delivered();
    assertThat(tier(client)).isEqualTo("free");
  }

  @Test
  void sendsAnEventAgainThatWasLost() throws Exception {
    var client = api.tenant("resender", "free");
    var hooks = api.stripe().stub().webhooks();
    var customer = api.customer(client);
    hooks.hold();
    subscribe(customer);
    assertThat(hooks.drop()).isNotEmpty();
    api.drain();
    assertThat(tier(client)).isEqualTo("free");
    var lost = stripe("events", "list", "--type", "customer.subscription.created", "--limit", "1");
    assertThat(lost.at("/data/0/data/object/customer").asText()).isEqualTo(customer);
    stripe("events", "resend", lost.at("/data/0/id").asText());
    delivered();
    assertThat(tier(client)).isEqualTo("pro");
  }

  /** {@code stripe listen} forwards Stripe's events to our webhook and reports our answers. */
  @Test
  void forwardsEventsToTheWebhook() throws Exception {
    var client = api.tenant("listener", "free");
    var hooks = api.stripe().stub().webhooks();
    var customer = api.customer(client);
    hooks.hold();
    api.stripe().stub().account().subscribe(customer, LocalStripe.PRICE_PRO);
    var event = hooks.drop().getFirst().toPrettyString();
    var webhook = api.outpost().address() + "/webhooks/stripe";
    var printed = home.resolve("listened");
    Process listening = null;
    try (var relay = new ListenRelay()) {
      var line =
          line(relay.base(), "listen", "--skip-update", "--all-snapshot", "--forward-to", webhook);
      listening = line.redirectOutput(printed.toFile()).start();
      relay.forward(event, signature("whsec_of_somebody_else", event));
      await().until(() -> Files.readString(printed).contains("[400]"));
      assertThat(tier(client)).isEqualTo("free");
      relay.forward(event, signature(WEBHOOK_SECRET, event));
      await().until(() -> Files.readString(printed).contains("[200]"));
    } finally {
      if (listening != null) {
        listening.destroyForcibly().waitFor();
      }
    }
    api.drain();
    assertThat(tier(client)).isEqualTo("pro");
  }

  private static String signature(String secret, String body) {
    var now = Instant.now().getEpochSecond();
    return Webhooks.sign(secret, now, body.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void hearsWhichParameterIsWrong() throws Exception {
    var answer = stripe("customers", "create", "-d", "nickname=Ada");
    assertThat(answer.at("/error/type").asText()).isEqualTo("invalid_request_error");
    assertThat(answer.at("/error/message").asText()).contains("nickname");
  }

  private static String subscribe(String customer) throws Exception {
    var price = "items[0][price]=" + LocalStripe.PRICE_PRO;
    var made = stripe("subscriptions", "create", "--customer", customer, "-d", price);
    assertThat(made.path("status").asText()).as(made.toString()).isEqualTo("active");
    return made.get("id").asText();
  }

  private static String tier(BillingApi.Client client) throws Exception {
    return api.tenant(client).get("tier").asText();
  }

  private static void delivered() throws Exception {
    api.stripe().stub().webhooks().flush();
    api.drain();
  }

  /** Runs the command line; returns Stripe's answer, which it prints. */
  private static JsonNode stripe(String... command) throws Exception {
    var process = line(api.stripe().stub().base(), command).start();
    process.getOutputStream().close();
    var printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(3, TimeUnit.MINUTES)).isTrue();
    assertThat(printed).contains("{");
    return new ObjectMapper().readTree(printed.substring(printed.indexOf('{')));
  }

  private static ProcessBuilder line(URI base, String... command) {
    var line = new ArrayList<>(List.of(program.toString()));
    line.addAll(List.of(command));
    line.addAll(List.of("--api-key", StripeStub.SECRET_KEY, "--api-base", base.toString()));
    var builder = new ProcessBuilder(line).redirectErrorStream(true);
    builder.environment().clear();
    builder.environment().put("HOME", home.toString());
    builder.environment().put("STRIPE_CLI_TELEMETRY_OPTOUT", "1");
    return builder;
  }
}
