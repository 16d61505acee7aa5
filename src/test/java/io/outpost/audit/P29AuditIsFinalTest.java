package io.outpost.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The audit records what was stored, whatever happened to the connection: when a client resets the
 * connection right after sending, no change is recorded as failed.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P29AuditIsFinalTest {

  private final LocalOutpost outpost;
  private final Entries entries;
  private final Client admin;
  private final Customer customer;
  private final Map<String, Integer> sent = new LinkedHashMap<>();

  P29AuditIsFinalTest(EmbeddedAws aws, LocalOutpost outpost) {
    this.outpost = outpost;
    this.entries = Entries.of(aws, "local");
    this.admin = Client.of(outpost.address()).with(outpost.adminKey());
    this.customer = Customer.of(admin, "enterprise");
  }

  @Test
  void aResetConnectionDoesNotChangeTheEntryOfWhatWasDone() throws IOException {
    var victim = Customer.newKey(admin, customer.tenantId(), "").text("key_id");
    var rotated = Customer.newKey(admin, customer.tenantId(), "").text("key_id");
    var doomed = Customer.of(admin, "free");
    var key = customer.client().key();
    for (int i = 0; i < 5; i++) {
      sendAndReset("PATCH", customer.path(""), "{\"name\":\"Called " + i + "\"}", key, 200);
      sendAndReset("POST", customer.path("/api-keys"), "{\"name\":\"k" + i + "\"}", key, 201);
      sendAndReset("POST", "/jobs", "{\"agent\":\"claude\",\"command\":\"Hi\"}", key, 202);
    }
    sendAndReset(
        "PUT", customer.path("/secrets/OPENAI_API_KEY"), "{\"value\":\"sk-of-a-test\"}", key, 204);
    sendAndReset("POST", customer.path("/api-keys/" + rotated + "/rotate"), "{}", key, 201);
    sendAndReset("DELETE", customer.path("/api-keys/" + victim), "", key, 204);
    sendAndReset("PATCH", customer.path(""), "{\"tier\":\"pro\"}", admin.key(), 200);
    sendAndReset("DELETE", doomed.path(""), "", admin.key(), 204);
    await()
        .untilAsserted(
            () -> {
              for (var request : sent.entrySet()) {
                var told = told(request.getKey());
                assertThat(told).as(request.toString()).hasSize(1);
                // A request may have lost a race against another one in flight and got 409.
                var status = Integer.parseInt(told.getFirst().get("status").n());
                assertThat(status).as(told.toString()).isIn(request.getValue(), 409);
                assertThat(told.getFirst().get("outcome").s())
                    .isEqualTo(status == 409 ? "failed" : "allowed");
              }
            });
    assertThat(admin.get(doomed.path("")).text("status")).isEqualTo("deleted");
  }

  @Test
  void theEntryOfASubmissionNamesItsJob() {
    var id = UUID.randomUUID().toString();
    var job =
        customer
            .client()
            .json("POST", "/jobs", "{\"agent\":\"claude\",\"command\":\"Hi\"}", "X-Request-Id", id);
    await().until(() -> told(id).size() == 1);
    assertThat(told(id).getFirst().get("resource").s()).isEqualTo(job.header("Location"));
  }

  /** The entries of a request that have passed the audit queue; they do not change any more. */
  private List<Map<String, AttributeValue>> told(String requestId) {
    return entries.calls().getOrDefault(requestId, List.of()).stream()
        .filter(item -> !item.containsKey("open_shard"))
        .toList();
  }

  private void sendAndReset(String method, String path, String body, String key, int status)
      throws IOException {
    var id = "reset-" + UUID.randomUUID();
    var address = URI.create(outpost.address());
    var socket = new Socket(address.getHost(), address.getPort());
    var request =
        "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nX-Request-Id: %s\r\n"
                .formatted(method, path, key, id)
            + "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(body.length(), body);
    socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
    // Closes with a reset, which the answer then meets.
    socket.setSoLinger(true, 0);
    socket.close();
    sent.put(id, status);
  }
}
