import com.sun.net.httpserver.HttpServer;
import com.standardwebhooks.Webhook;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.TenantsApi;
import org.openapitools.client.model.ApiKeyRequest;
import org.openapitools.client.model.JobStatus;
import org.openapitools.client.model.TenantRequest;

/** What docs/java.md shows, on a running Outpost, and on one that is busy. */
public final class JavaPage {

  public static void main(String[] arguments) throws Exception {
    var url = System.getenv("OUTPOST_URL");
    var jobs = FirstSteps.jobs(url, key(url));
    var job = FirstSteps.run(jobs, "Say hello");
    must(job.getStatus() == JobStatus.SUCCEEDED, "the job is " + job);
    must(Calls.all(jobs, JobStatus.SUCCEEDED).equals(List.of(job)), "the list has other jobs");
    repetition();
    webhooks();
    System.out.println("java: what docs/java.md shows works");
  }

  /** Each answer of the stub is worth repeating, but the last. */
  private static void repetition() throws Exception {
    var keys = new ConcurrentLinkedQueue<String>();
    var statuses = new ArrayList<>(List.of(503, 429, 400));
    var stub = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    stub.createContext(
        "/",
        exchange -> {
          keys.add(exchange.getRequestHeaders().getFirst("Idempotency-Key"));
          exchange.getResponseHeaders().add("Retry-After", "0");
          exchange.sendResponseHeaders(statuses.removeFirst(), -1);
          exchange.close();
        });
    stub.start();
    try {
      FirstSteps.run(FirstSteps.jobs("http://127.0.0.1:" + stub.getAddress().getPort(), "op_live_none"), "Say hello");
      must(false, "a refusal is no error");
    } catch (ApiException e) {
      must(e.getCode() == 400, "the error is " + e.getCode());
    } finally {
      stub.stop(0);
    }
    must(keys.size() == 3 && keys.stream().distinct().count() == 1, "the keys are " + keys);
  }

  private static void webhooks() throws Exception {
    var secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    var events = new ConcurrentLinkedQueue<String>();
    var receiver = Receiver.start(0, secret, events::add);
    try {
      var body = "{\"type\":\"job.succeeded\"}";
      var port = receiver.getAddress().getPort();
      must(post(port, secret, body, body) == 204, "a good signature is refused");
      must(post(port, secret, body, body.replace("succeeded", "failed")) == 400, "an edited body passes");
      must(post(port, "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", body, body) == 400, "another secret passes");
      must(List.copyOf(events).equals(List.of(body)), "the events are " + events);
    } finally {
      receiver.stop(0);
    }
  }

  private static int post(int port, String secret, String signed, String sent) throws Exception {
    long now = Instant.now().getEpochSecond();
    var request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port))
            .header("webhook-id", "event")
            .header("webhook-timestamp", Long.toString(now))
            .header("webhook-signature", new Webhook(secret).sign("event", now, signed))
            .POST(HttpRequest.BodyPublishers.ofString(sent));
    return HttpClient.newHttpClient().send(request.build(), BodyHandlers.discarding()).statusCode();
  }

  private static String key(String url) throws ApiException {
    var client = new ApiClient();
    client.updateBaseUri(url);
    var admin = "Bearer " + System.getenv("OUTPOST_ADMIN_KEY");
    client.setRequestInterceptor(request -> request.header("Authorization", admin));
    var tenants = new TenantsApi(client);
    var tenant = tenants.createTenant(new TenantRequest().name("Page").email("dev@page.example"), null);
    return tenants.createApiKey(tenant.getTenantId(), new ApiKeyRequest().name("page"), null).getKey();
  }

  private static void must(boolean isSo, String otherwise) {
    if (!isSo) {
      throw new IllegalStateException(otherwise);
    }
  }
}
