package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.blackbox.OutpostProcess;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A worker for one tenant at a time takes nobody else's jobs, ends well when it has been idle, and
 * the next one is another tenant's; one for some tiers leaves the jobs of others alone. As real
 * processes.
 */
@Tag("product")
class P17OneTenantAtATimeTest {

  private static final String ADMIN = "op_test_" + "0123456789abcdef".repeat(2);

  @TempDir private Path folder;

  private EmbeddedAws aws;

  @Test
  void aWorkerIsOneTenantsAndEndsWhenItIsIdle() throws Exception {
    aws = EmbeddedAws.start(Optional.empty());
    Map<String, Object> settings =
        Map.of("server.port", 0, "outpost.auth.bootstrap-admin-key", ADMIN);
    try (var api = LocalOutpost.on(aws.endpoints(), "api", settings)) {
      var admin = Client.of(api.address()).with(ADMIN);
      var first = Customer.of(admin, "pro").client();
      var second = Customer.of(admin, "pro").client();
      var other = Customer.of(admin, "free").client().submit("claude", "echo other tier");
      try (var worker = worker()) {
        var runs = first.submit("claude", "sleep 600");
        await().until(() -> status(first, runs).equals("running"));
        var waits = second.submit("claude", "echo mine alone");
        var fits = first.submit("claude", "echo beside it");
        assertThat(first.ended(fits).get("status").asText()).isEqualTo("succeeded");
        assertThat(status(second, waits)).isEqualTo("pending");

        assertThat(first.delete("/jobs/" + runs).status()).isEqualTo(200);
        assertThat(worker.awaitExit()).isZero();
        assertThat(second.get("/jobs/" + waits).json().get("attempts").asInt()).isZero();
        try (var next = LocalOutpost.on(aws.endpoints(), "worker", settings("1h"))) {
          assertThat(second.ended(waits).get("status").asText()).isEqualTo("succeeded");
        }
      }
      var free = Client.of(api.address()).with(ADMIN).get("/admin/jobs/" + other).json();
      assertThat(free.get("status").asText()).isEqualTo("pending");
    } finally {
      aws.close();
    }
  }

  private OutpostProcess worker() throws IOException {
    return OutpostProcess.start(folder, "worker", aws.endpoints(), ADMIN, settings("3s"));
  }

  private static Map<String, Object> settings(String idle) {
    return Map.of(
        "server.port",
        0,
        "outpost.worker.tenancy",
        "single",
        "outpost.worker.tiers",
        "pro,enterprise",
        "outpost.worker.single-idle",
        idle,
        "outpost.worker.slots",
        2,
        "outpost.worker.wait-seconds",
        1,
        "OUTPOST_AGENT_CLAUDE_COMMAND",
        "[\"/bin/bash\",\"-s\"]");
  }

  private static String status(Client client, String job) {
    return client.get("/jobs/" + job).json().get("status").asText();
  }
}
