package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.blackbox.Client;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.FileSystemUtils;

/**
 * A slot in which a job left what cannot be removed takes no other job until it is gone, and is
 * named; the job's result stands. A worker without any other slot says that it is down. Here it is
 * a folder of root's, in which a slot's user can remove nothing.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class SlotOutOfServiceTest {

  @TempDir Path base;

  private final EmbeddedAws aws;
  private final List<Path> stuck = new ArrayList<>();
  private Path jobs;
  private Client tenant;

  SlotOutOfServiceTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @Test
  void isNamedAndServesAgainWhenItIsClean() throws Exception {
    assumeTrue(
        Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
        "SKIPPED: not root, so what a job leaves is the worker's own to remove");
    Files.setPosixFilePermissions(base, PosixFilePermissions.fromString("rwx--x--x"));
    jobs = base.resolve("jobs");
    Map<String, Object> settings =
        Map.of(
            "server.port",
            0,
            "outpost.env",
            "dirty",
            "outpost.worker.slots",
            2,
            "outpost.worker.directory",
            jobs.toString(),
            "OUTPOST_AGENT_CLAUDE_COMMAND",
            "[\"/bin/bash\",\"-s\"]");
    try (var api = LocalOutpost.on(aws.endpoints(), "api", settings);
        var worker = LocalOutpost.on(aws.endpoints(), "worker", settings)) {
      var health = Client.of(worker.address());
      tenant = Client.of(api.address()).with(api.adminKey()).newTenant("Dirty");
      assertThat(slots(health)).isEqualTo("UP");

      leaveSomething();
      await().until(() -> slots(health).startsWith("out of service: ["));
      assertThat(health.get("/health").status()).isEqualTo(200);
      assertThat(dirty(worker)).isEqualTo(1);

      leaveSomething();
      await().until(() -> slots(health).equals("DOWN"));
      assertThat(health.get("/health").status()).isEqualTo(503);
      assertThat(dirty(worker)).isEqualTo(2);

      var waiting = tenant.submit("claude", "echo clean");
      for (var folder : stuck) {
        FileSystemUtils.deleteRecursively(folder);
      }
      assertThat(tenant.ended(waiting).get("status").asText()).isEqualTo("succeeded");
      await().until(() -> slots(health).equals("UP"));
      assertThat(health.get("/health").status()).isEqualTo(200);
    }
  }

  /** Runs a job while root creates a folder in its directory. */
  private void leaveSomething() throws IOException {
    var job = tenant.submit("claude", "touch here; until [ -e go ]; do sleep 0.1; done; echo done");
    await().until(() -> here().isPresent());
    var work = here().orElseThrow();
    Files.delete(work.resolve("here"));
    var folder = Files.createDirectory(work.resolve("stuck"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
    Files.writeString(folder.resolve("file"), "of root's");
    stuck.add(folder);
    Files.createFile(work.resolve("go"));
    var ended = tenant.ended(job);
    assertThat(ended.get("status").asText()).isEqualTo("succeeded");
    assertThat(tenant.get("/jobs/" + job + "/output").body()).contains("done");
  }

  private Optional<Path> here() throws IOException {
    try (Stream<Path> all = Files.list(jobs)) {
      return all.map(job -> job.resolve("work"))
          .filter(work -> Files.exists(work.resolve("here")))
          .findFirst();
    }
  }

  private static String slots(Client health) {
    return health.get("/health").json().at("/components/slots").asText();
  }

  private static double dirty(LocalOutpost worker) {
    return worker
        .context()
        .getBean(MeterRegistry.class)
        .get("outpost.worker.slots.dirty")
        .gauge()
        .value();
  }
}
