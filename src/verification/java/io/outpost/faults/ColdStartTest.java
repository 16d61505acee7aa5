package io.outpost.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.VirtualThreadCarriers;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.OutpostProcess;
import io.outpost.blackbox.Ports;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.Sizes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A container that starts under load. */
@Tag("product")
@Tag("faults")
class ColdStartTest {

  private static final String ADMIN = "op_live_" + "0".repeat(31) + "3";
  private static final String JOB = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";
  private static final int CUSTOMERS = 40;
  private static final int STARTS = Sizes.of(1, 3);

  private final int port = Ports.free();
  private final Client operator = Client.of("http://localhost:" + port).with(ADMIN);
  @TempDir private Path folder;

  /** Many virtual threads wait for a class whose initialization needs another virtual thread. */
  static final class Crowd {

    private static final int WAITING = 6;
    private static final CountDownLatch BEGUN = new CountDownLatch(1);
    private static final CountDownLatch OPEN = new CountDownLatch(1);

    static final class Late {
      static final Object HERE = initialized();

      private static Object initialized() {
        BEGUN.countDown();
        try {
          OPEN.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
        return OPEN;
      }
    }

    /** Ends when all threads have the class. */
    public static void main(String[] args) throws Exception {
      VirtualThreadCarriers.provide();
      var first = Thread.ofPlatform().start(() -> Objects.requireNonNull(Late.HERE));
      BEGUN.await();
      var waiting = new ArrayList<Thread>();
      for (int i = 0; i < WAITING; i++) {
        waiting.add(Thread.startVirtualThread(() -> Objects.requireNonNull(Late.HERE)));
      }
      Thread.startVirtualThread(OPEN::countDown);
      first.join();
      for (var one : waiting) {
        one.join();
      }
    }
  }

  @Test
  void threadsThatWaitForAClassLetTheOthersRun() throws Exception {
    try (var crowd = OutpostProcess.start(Crowd.class, folder, Map.of())) {
      assertThat(crowd.awaitExit()).as(crowd.printed()).isZero();
    }
  }

  @Test
  void manyFirstRequestsAtOnceAreAllAnswered() throws Exception {
    try (var aws = EmbeddedAws.start(Optional.empty())) {
      List<Client> customers;
      try (var api =
          LocalOutpost.on(
              aws.endpoints(),
              "api",
              Map.of("server.port", port, "outpost.auth.bootstrap-admin-key", ADMIN))) {
        customers =
            IntStream.range(0, CUSTOMERS).mapToObj(i -> operator.newTenant("Acme" + i)).toList();
      }
      for (int start = 0; start < STARTS; start++) {
        try (var api = api(aws);
            var threads = Executors.newVirtualThreadPerTaskExecutor()) {
          var answers = new ArrayList<Callable<Void>>();
          for (var customer : customers) {
            answers.add(
                () -> {
                  awaitAnswer(customer, "/jobs");
                  assertThat(customer.post("/jobs", JOB).status()).isEqualTo(202);
                  return null;
                });
          }
          for (var answer : threads.invokeAll(answers)) {
            answer.get();
          }
          api.kill();
        }
      }
    }
  }

  private OutpostProcess api(EmbeddedAws aws) throws Exception {
    var settings =
        Map.<String, Object>of(
            "server.port", port, "outpost.auth.rate-limit-per-minute", 1_000_000);
    return OutpostProcess.start(folder, "api", aws.endpoints(), ADMIN, settings);
  }

  /** Waits for an answer; none or a 503 is normal while a container starts. */
  private static void awaitAnswer(Client client, String path) {
    await()
        .pollDelay(Duration.ZERO)
        // Polling more often would slow down the start.
        .pollInterval(Duration.ofMillis(500))
        .ignoreExceptions()
        .until(() -> client.get(path).status() == 200);
  }
}
