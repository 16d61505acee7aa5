package io.outpost.faults;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.awaitility.Awaitility;

/**
 * Tenants that submit jobs and cancel some, as careful clients do: with an Idempotency-Key, and
 * again if there was no answer.
 */
final class Load implements AutoCloseable {

  private static final List<String> AGENTS = List.of("claude", "claude", "claude", "codex", "grok");
  private static final List<String> PRIORITIES = List.of("high", "normal", "low");
  private static final List<String> TIERS = List.of("pro", "enterprise");
  private static final int CLIENTS_AT_ONCE = 6;
  private static final int CANCELLED_ONE_IN = 10;
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private final Client operator;
  private final Random random;
  private final Set<String> accepted = ConcurrentHashMap.newKeySet();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Semaphore turns = new Semaphore(CLIENTS_AT_ONCE, true);
  private final List<Future<?>> running = new ArrayList<>();
  private volatile String fault = "none";

  Load(Client operator, Random random) {
    this.operator = operator;
    this.random = random;
  }

  /** Starts submitting; the API need not run yet. */
  void start(int tenants, int jobs) {
    for (int t = 0; t < tenants; t++) {
      var decisions = new Random(random.nextLong());
      var name = "tenant" + t;
      var tier = TIERS.get(t % TIERS.size());
      running.add(threads.submit(() -> tenant(name, tier, jobs, decisions)));
    }
  }

  /** Waits until every submission has its answer. */
  void await() throws Exception {
    for (var one : running) {
      one.get();
    }
  }

  /**
   * Whether this many jobs were answered with 202; throws the failure of a tenant's
   * submissions.
   */
  boolean hasAccepted(int jobs) throws Exception {
    for (var one : running) {
      if (one.isDone()) {
        one.get();
      }
    }
    return accepted.size() >= jobs;
  }

  /** The progress and the last failure. */
  @Override
  public String toString() {
    return accepted.size() + " jobs accepted; last fault: " + fault;
  }

  /** The ids of the jobs answered with 202. */
  Set<String> accepted() {
    return accepted;
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }

  private Void tenant(String name, String tier, int jobs, Random decisions) throws Exception {
    var tenant =
        post(
            operator,
            "/tenants",
            "{\"name\":\"%s\",\"email\":\"dev@t.example\",\"tier\":\"%s\"}".formatted(name, tier),
            name);
    var keys = "/tenants/" + tenant.text("tenant_id") + "/api-keys";
    var client =
        operator.with(post(operator, keys, "{\"name\":\"first\"}", name + "-key").text("key"));
    for (int i = 0; i < jobs; i++) {
      var job =
          "{\"agent\":\"%s\",\"command\":\"Say hello\",\"priority\":\"%s\"}"
              .formatted(any(AGENTS, decisions), any(PRIORITIES, decisions));
      var id = post(client, "/jobs", job, name + "-" + i).text("job_id");
      accepted.add(id);
      if (decisions.nextInt(CANCELLED_ONE_IN) == 0) {
        // 409 if the job has ended, or if the answer to an earlier attempt was lost.
        answered(() -> client.delete("/jobs/" + id));
      }
    }
    return null;
  }

  private Answer post(Client client, String path, String body, String idempotencyKey)
      throws InterruptedException {
    var answer = answered(() -> client.json("POST", path, body, "Idempotency-Key", idempotencyKey));
    if (answer.status() / 100 != 2) {
      throw new IllegalStateException(path + " was refused: " + answer);
    }
    return answer;
  }

  /** Repeats a call until its answer is not a fault of the platform. */
  private Answer answered(Supplier<Answer> call) throws InterruptedException {
    turns.acquire();
    try {
      return Awaitility.await()
          .atMost(LONGEST)
          .pollInterval(Duration.ofMillis(200))
          .pollDelay(Duration.ZERO)
          .until(() -> tried(call), Optional::isPresent)
          .orElseThrow();
    } finally {
      turns.release();
    }
  }

  private Optional<Answer> tried(Supplier<Answer> call) {
    try {
      var answer = call.get();
      if (answer.status() < 500) {
        return Optional.of(answer);
      }
      fault = answer.toString();
    } catch (RuntimeException e) {
      fault = e + ", " + e.getCause();
    }
    return Optional.empty();
  }

  private static <T> T any(List<T> choices, Random decisions) {
    return choices.get(decisions.nextInt(choices.size()));
  }
}
