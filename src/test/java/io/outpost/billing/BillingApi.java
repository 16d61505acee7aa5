package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.stripe.LocalStripe;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.ProducerTemplate;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/** A complete Outpost with a Stripe stub, called over HTTP like by a client. */
final class BillingApi implements AutoCloseable {
  static final List<String> SCOPES =
      List.of("jobs:read", "jobs:write", "billing", "tenant:read", "tenant:write");

  private static final Duration REDELIVERY = Duration.ofSeconds(10);
  private static final int AS_OFTEN_AS_IN_EIGHT_MINUTES = 48;

  private final LocalStripe stripe;
  private final EmbeddedAws aws;
  private final LocalOutpost outpost;
  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();

  private BillingApi(LocalStripe stripe, Map<String, Object> settings) {
    this.stripe = stripe;
    Map<String, Object> all = new HashMap<>(stripe.settings());
    all.put("server.port", 0);
    all.put("outpost.stripe.retry-delay", 20);
    all.put("outpost.stripe.response-timeout", 3000);
    all.put("outpost.auth.rate-limit-per-minute", 1_000_000);
    all.put("outpost.audit.export-period", 60_000); // nobody exports an audit here
    all.putAll(settings);
    aws = EmbeddedAws.start(Optional.empty());
    try {
      outpost = LocalOutpost.on(aws.endpoints(), "local", all);
    } catch (Throwable failure) {
      aws.close();
      throw failure;
    }
    try {
      repeatFailuresSoon();
      List.of("report-usage", "repair-billing", "reconcile-usage", "check-billing-setup")
          .forEach(backstage()::takeTurn);
    } catch (Throwable failure) {
      close();
      throw failure;
    }
    stripe.notify(outpost.address());
  }

  static BillingApi start(Map<String, Object> settings) {
    return start(Clock.systemUTC(), settings);
  }

  static BillingApi start(Clock stripesClock, Map<String, Object> settings) {
    var stripe = LocalStripe.start(stripesClock);
    try {
      return new BillingApi(stripe, settings);
    } catch (Throwable failure) {
      stripe.close();
      throw failure;
    }
  }

  LocalStripe stripe() {
    return stripe;
  }

  /** The notices to operators, oldest first. */
  List<String> notices() {
    return aws.published().stream().map(notice -> notice.message()).toList();
  }

  LocalOutpost outpost() {
    return outpost;
  }

  /** A tenant with a key of its own. */
  record Client(String tenantId, String key) {}

  /** A new tenant with a key that has all scopes for billing. */
  Client client(String name, String tier) throws IOException, InterruptedException {
    var id = tenant(name, tier).tenantId();
    var key =
        post(
            "/tenants/" + id + "/api-keys",
            outpost.adminKey(),
            Map.of("name", "all", "scopes", SCOPES));
    assertThat(key.statusCode()).as(key.body()).isEqualTo(201);
    return new Client(id, read(key).get("key").asText());
  }

  /** A new tenant, together with the operators' key. */
  Client tenant(String name, String tier) throws IOException, InterruptedException {
    var wish = Map.of("name", name, "email", name + "@example.com", "tier", tier);
    var tenant = post("/tenants", outpost.adminKey(), wish);
    assertThat(tenant.statusCode()).as(tenant.body()).isEqualTo(201);
    return new Client(read(tenant).get("tenant_id").asText(), outpost.adminKey());
  }

  JsonNode tenant(Client client) throws IOException, InterruptedException {
    return read(get("/tenants/" + client.tenantId(), client.key()));
  }

  HttpResponse<String> get(String path, String key, String... headers)
      throws IOException, InterruptedException {
    return send(request(path, key, headers).GET());
  }

  HttpResponse<String> post(String path, String key, Object body, String... headers)
      throws IOException, InterruptedException {
    return send(
        request(path, key, headers)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json.writeValueAsString(body))));
  }

  HttpResponse<String> patch(String path, String key, Object body)
      throws IOException, InterruptedException {
    var text = HttpRequest.BodyPublishers.ofString(json.writeValueAsString(body));
    return send(
        request(path, key).header("Content-Type", "application/json").method("PATCH", text));
  }

  HttpResponse<String> delete(String path, String key) throws IOException, InterruptedException {
    return send(request(path, key).DELETE());
  }

  /** Posts to the webhook endpoint; a null signature sends none. */
  HttpResponse<String> webhook(byte[] body, String signature)
      throws IOException, InterruptedException {
    var request =
        HttpRequest.newBuilder(URI.create(outpost.address() + "/webhooks/stripe"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (signature != null) {
      request.header("Stripe-Signature", signature);
    }
    return send(request);
  }

  /**
   * Shortens the time until a failed message is received again, which is a minute in production.
   */
  void repeatFailuresSoon() {
    backstage().repeatFailures(REDELIVERY, AS_OFTEN_AS_IN_EIGHT_MINUTES);
  }

  /** Runs a route now, without waiting for its timer. */
  void run(String route) {
    outpost.context().getBean(ProducerTemplate.class).sendBody("direct:" + route, null);
  }

  /** Billing's state behind the API. */
  Backstage backstage() {
    return new Backstage(outpost.context());
  }

  DynamoDbClient dynamoDb() {
    return backstage().dynamoDb();
  }

  String table(String name) {
    return backstage().table(name);
  }

  /** Waits until the queue stripe is empty. */
  void drain() {
    backstage().drain();
  }

  /** Waits until a tenant has a customer at Stripe; returns the customer's id. */
  String customer(Client client) {
    await().pollDelay(Duration.ZERO).until(() -> tenant(client).hasNonNull("stripe_customer_id"));
    try {
      return tenant(client).get("stripe_customer_id").asText();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Opens a page of the Stripe stub (GET) or submits its form (POST). */
  HttpResponse<String> visit(String method, String url) throws IOException, InterruptedException {
    return send(
        HttpRequest.newBuilder(URI.create(url))
            .method(method, HttpRequest.BodyPublishers.noBody()));
  }

  JsonNode read(HttpResponse<String> answer) throws IOException {
    return json.readTree(answer.body());
  }

  private HttpRequest.Builder request(String path, String key, String... headers) {
    var request =
        HttpRequest.newBuilder(URI.create(outpost.address() + path))
            .header("Authorization", "Bearer " + key);
    return headers.length == 0 ? request : request.headers(headers);
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Override
  public void close() {
    outpost.close();
    aws.close();
    stripe.close();
    http.close();
  }
}
