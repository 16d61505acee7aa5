package io.outpost.auth;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.http.Operation;
import java.time.Instant;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A valid request for each operation of the contract; only the caller decides about the outcome.
 */
public final class SampleRequests {

  private static final String WEBHOOK = "{\"url\":\"https://hooks.victim.example/outpost\"}";

  /** The bodies by operation; null if the operation takes none. */
  private static final Map<String, Sample> ROWS =
      Map.ofEntries(
          row("health"),
          row("healthReady"),
          row("getOpenapi"),
          row("getReceiptKeys"),
          row("createTenant", "{\"name\":\"New\",\"email\":\"new@customer.example\"}"),
          row("listTenants"),
          row("getTenant"),
          row("updateTenant", "{\"name\":\"Renamed\"}"),
          row("deleteTenant"),
          row("createApiKey", "{\"name\":\"further\",\"scopes\":[\"jobs:read\"]}"),
          row("listApiKeys"),
          row("rotateApiKey", "{\"grace_seconds\":60}"),
          row("revokeApiKey"),
          row("putSecret", "{\"value\":\"sk-canary-1f7c9e\"}"),
          row("createWebhook", WEBHOOK),
          row("listWebhooks"),
          row("getWebhook"),
          row("updateWebhook", "{\"description\":\"Changed\"}"),
          row("deleteWebhook"),
          row("rotateWebhookSecret", "{\"grace_seconds\":60}"),
          row("pingWebhook"),
          row("listDeliveries"),
          row("getDelivery"),
          row("redeliver"),
          row("redeliverSince", "{\"since\":\"%s\"}".formatted(Instant.now().minusSeconds(3600))),
          row("listSecrets"),
          row("deleteSecret"),
          row("submitJob", "{\"agent\":\"claude\",\"command\":\"Say hello\"}"),
          row("submitJobs", "{\"jobs\":[{\"agent\":\"claude\",\"command\":\"Say hello\"}]}"),
          row("cancelJobs", "{\"labels\":{\"team\":\"none\"}}"),
          row("continueJob", "{\"command\":\"Go on\"}"),
          row("getJob"),
          row("listJobs"),
          row("cancelJob"),
          row("getJobOutput"),
          row("streamJobEvents"),
          row("rerunJob"),
          row("getJobTimeline"),
          row("getJobReceipt"),
          row("createInput", "{\"size_bytes\":5,\"sha256\":\"%s\"}".formatted("0".repeat(64))),
          row("getAnyJobTimeline"),
          row("listArtifacts"),
          row("listWorkspaces"),
          row("deleteWorkspace"),
          row("listAuditEntries"),
          row("exportAudit", "{\"from\":\"2026-01-01T00:00:00Z\",\"to\":\"2026-01-02T00:00:00Z\"}"),
          row("getAuditExport"),
          row("verifyAudit"),
          row("getUsage"),
          row("getSubscription"),
          row(
              "createCheckoutSession",
              "{\"tier\":\"pro\",\"success_url\":\"https://a.example\",\"cancel_url\":\"https://a.example\"}"),
          row("getBillingPortal"),
          row("receiveStripeEvent", "{}"),
          row("listAnyJobs"),
          row("getAnyJob"),
          row("listDeadLetters"),
          row("redriveDeadLetters", "{\"job_ids\":[\"01ARZ3NDEKTSV4RRFFQ69G5FAV\"]}"),
          row("listParkedUsage"),
          row("retryParkedUsage", "{\"job_ids\":[\"01ARZ3NDEKTSV4RRFFQ69G5FAV\"]}"),
          row("voidUsage", "{\"reason\":\"A mistake of ours\"}"),
          row("verifyAuth"));

  private SampleRequests() {}

  private record Sample(String body) {}

  /**
   * A customer and the ids of its resources, which fill the paths of operations.
   *
   * @param keyId a key with which no test calls
   */
  public record Belongings(
      Customer customer,
      String keyId,
      String jobId,
      String exportId,
      String webhookId,
      String deliveryId) {

    public static final String SECRET = "ANTHROPIC_API_KEY";

    /** Creates one resource of every kind for a customer. */
    public static Belongings of(Client admin, Customer customer) {
      return of(admin, customer, kind -> true);
    }

    /**
     * Creates the resources that the operation's path names; every kind for {@code deleteTenant}.
     */
    public static Belongings of(Client admin, Customer customer, Operation operation) {
      return of(
          admin,
          customer,
          operation.id().equals("deleteTenant") ? kind -> true : operation.path()::contains);
    }

    private static Belongings of(Client admin, Customer customer, Predicate<String> has) {
      var key = "";
      if (has.test("key")) {
        key = Customer.newKey(admin, customer.tenantId(), "").text("key_id");
      }
      if (has.test("secret")) {
        admin.put(customer.path("/secrets/" + SECRET), "{\"value\":\"sk-victim\"}");
      }
      var export = "";
      if (has.test("export")) {
        var body = ROWS.get("exportAudit").body();
        export = admin.post(customer.path("/audit/exports"), body).text("export_id");
      }
      var webhook = "";
      var delivery = "";
      if (has.test("{webhook_id}")) {
        webhook = admin.post(customer.path("/webhooks"), WEBHOOK).text("webhook_id");
        var ping = admin.post(customer.path("/webhooks/" + webhook + "/ping"), null);
        delivery = ping.text("delivery_id");
      }
      var job = "";
      if (has.test("job")) {
        // Last, so that the job has not ended when a test cancels it.
        var wish = "{\"agent\":\"claude\",\"command\":\"Wait\"}";
        job = customer.client().post("/jobs", wish).text("job_id");
      }
      return new Belongings(customer, key, job, export, webhook, delivery);
    }

    String fill(String path) {
      return path.replace("{tenant_id}", customer.tenantId())
          .replace("{key_id}", keyId)
          .replace("{job_id}", jobId)
          .replace("{name}", SECRET)
          .replace("{workspace}", "nothing")
          .replace("{export_id}", exportId)
          .replace("{webhook_id}", webhookId)
          .replace("{delivery_id}", deliveryId);
    }
  }

  static boolean has(Operation operation) {
    return ROWS.containsKey(operation.id());
  }

  /** Sends the operation's sample request for these resources. */
  public static Answer send(
      Operation operation, Client caller, Belongings target, String... headers) {
    var body = ROWS.get(operation.id()).body();
    return caller.json(operation.method(), target.fill(operation.path()), body, headers);
  }

  private static Map.Entry<String, Sample> row(String operation) {
    return row(operation, null);
  }

  private static Map.Entry<String, Sample> row(String operation, String body) {
    return Map.entry(operation, new Sample(body));
  }
}
