package io.outpost.auth;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.http.Operation;
import java.util.Map;

/** A request for each operation of the contract that is fine but for who sends it. */
public final class SampleRequests {

  /** Bodies by operation; null: the operation takes none. A query may follow a path. */
  private static final Map<String, Sample> ROWS =
      Map.ofEntries(
          row("health"),
          row("healthReady"),
          row("getOpenapi"),
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
          row("listSecrets"),
          row("deleteSecret"),
          row("submitJob", "{\"agent\":\"claude\",\"command\":\"Say hello\"}"),
          row("getJob"),
          row("listJobs"),
          row("cancelJob"),
          row("getJobOutput"),
          row("streamJobEvents"),
          row("rerunJob"),
          row("listArtifacts"),
          row("listWorkspaces"),
          row("deleteWorkspace"),
          row("listAuditEntries"),
          row("exportAudit", "{\"from\":\"2026-01-01T00:00:00Z\",\"to\":\"2026-01-02T00:00:00Z\"}"),
          row("getAuditExport"),
          row("verifyAudit"),
          row("getUsage"),
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
   * What a customer has for the paths to name.
   *
   * @param keyId a key that nobody calls with
   */
  public record Belongings(Customer customer, String keyId, String jobId, String exportId) {

    public static final String SECRET = "ANTHROPIC_API_KEY";

    /** Gives a customer one of everything. */
    public static Belongings of(Client admin, Customer customer) {
      var key = Customer.newKey(admin, customer.tenantId(), "");
      admin.put(customer.path("/secrets/" + SECRET), "{\"value\":\"sk-victim\"}");
      var job = customer.client().post("/jobs", "{\"agent\":\"claude\",\"command\":\"Wait\"}");
      var export = admin.post(customer.path("/audit/exports"), ROWS.get("exportAudit").body());
      return new Belongings(
          customer, key.text("key_id"), job.text("job_id"), export.text("export_id"));
    }

    String fill(String path) {
      return path.replace("{tenant_id}", customer.tenantId())
          .replace("{key_id}", keyId)
          .replace("{job_id}", jobId)
          .replace("{name}", SECRET)
          .replace("{workspace}", "nothing")
          .replace("{export_id}", exportId);
    }
  }

  static boolean has(Operation operation) {
    return ROWS.containsKey(operation.id());
  }

  /** Sends the operation's sample for what somebody has. */
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
