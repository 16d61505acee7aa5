package io.outpost.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.OutpostProcess;
import io.outpost.blackbox.Ports;
import io.outpost.kernel.Json;
import io.outpost.local.AwsClients;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.Provisioner;
import io.outpost.local.Sizes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Kills real processes at random, on a network that loses, delays and doubles calls: every
 * accepted job ends once and is charged once. The seed is printed; {@code -Dfaults.seed=}
 * repeats its decisions.
 */
@Tag("product")
@Tag("faults")
class P01FaultsTest {

  private static final Logger LOG = LoggerFactory.getLogger(P01FaultsTest.class);
  private static final String ADMIN = "op_live_00000000000000000000000000000001";
  private static final int TENANTS = 20;
  private static final int JOBS_A_TENANT = Sizes.of(5, 14);
  private static final int JOBS = TENANTS * JOBS_A_TENANT;

  /** Far longer than needed, because the test does not measure time. */
  private static final Duration LONGEST = Duration.ofMinutes(10);

  private static final int LAST_LINES = 60;

  /** Workers on one machine need different users, or they would kill each other's agents. */
  private static final String FIRST_USER = "outpost.worker.agents.first-user";

  private final long seed = Long.getLong("faults.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final List<AutoCloseable> open = new ArrayList<>();

  /** A container that is restarted whenever it ends, as ECS does. */
  private final class Container implements AutoCloseable {
    private final String profile;
    private final AwsClients.Endpoints aws;
    private final Map<String, Object> settings;
    private final Path folder;
    private OutpostProcess process;
    private boolean wanted = true;

    Container(String profile, AwsClients.Endpoints aws, Map<String, Object> own, Path folder)
        throws IOException {
      this.profile = profile;
      this.aws = aws;
      this.settings = settings(own);
      this.folder = folder;
      start();
    }

    private synchronized void start() throws IOException {
      if (wanted) {
        process = OutpostProcess.start(folder, profile, aws, ADMIN, settings);
        process.onExit(this::startAgain);
      }
    }

    private void startAgain(int exitCode) {
      LOG.info("{} ended with {} and is started again", profile, exitCode);
      try {
        start();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void die(boolean hard) throws Exception {
      var victim = current();
      victim.awaitReady();
      LOG.info("{} for {}", hard ? "SIGKILL" : "SIGTERM", profile);
      if (hard) {
        victim.kill();
      } else {
        assertThat(victim.terminate(LONGEST)).as("%s ends", profile).isTrue();
      }
      await("another " + profile).until(() -> current() != victim);
    }

    private synchronized OutpostProcess current() {
      return process;
    }

    String printedLast() {
      var lines = current().printed().lines().toList();
      return String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
    }

    @Override
    public synchronized void close() {
      wanted = false;
      process.close();
    }
  }

  /** The end of a container after this many accepted jobs. */
  private record Kill(Container container, boolean hard, int accepted) {}

  @Test
  @Timeout(value = 40, unit = TimeUnit.MINUTES)
  void everyAcceptedJobEndsOnceAndIsChargedOnce() throws Exception {
    LOG.info("faults.seed={}", seed);
    var aws = opened(EmbeddedAws.start(Optional.empty()));
    var books = new Books(opened(aws.clients()));
    new Provisioner(books.aws(), "local").provision();
    var direct = aws.endpoints();
    var proxies =
        List.of(
            opened(FaultyProxy.before(direct.sqs(), seed + 1)),
            opened(FaultyProxy.before(direct.dynamoDb(), seed + 2)),
            opened(FaultyProxy.before(direct.s3(), seed + 3)));
    var port = Ports.free();
    var faulty =
        new AwsClients.Endpoints(
            proxies.get(0).endpoint(),
            proxies.get(1).endpoint(),
            proxies.get(2).endpoint(),
            direct.secrets(),
            direct.sns(),
            direct.kms());
    var folder = Files.createDirectories(Path.of("target", "faults", Long.toString(seed)));
    var api = opened(new Container("api", faulty, Map.of("server.port", port), folder));
    var workers =
        List.of(opened(worker(33_000, faulty, folder)), opened(worker(34_000, faulty, folder)));

    var operator = Client.of("http://localhost:" + port).with(ADMIN);
    var load = opened(new Load(operator, new Random(seed + 4)));
    load.start(TENANTS, JOBS_A_TENANT);
    for (var kill : kills(api, workers)) {
      awaitAccepted(kill.accepted, load, api);
      kill.container.die(kill.hard);
    }
    load.await();
    proxies.forEach(FaultyProxy::mend);
    await("every job's end")
        .pollInterval(Duration.ofSeconds(1))
        .until(() -> books.jobs().values().stream().allMatch(Books.Entry::hasEnded));
    proxies.forEach(
        proxy -> assertThat(proxy.done().keySet()).contains(FaultyProxy.Fault.values()));
    check(books, load);
  }

  private static void awaitAccepted(int jobs, Load load, Container api) {
    try {
      await("more jobs accepted").until(() -> load.hasAccepted(jobs));
    } catch (ConditionTimeoutException e) {
      throw new AssertionError(load + "; the API printed last:\n" + api.printedLast(), e);
    }
  }

  private Container worker(int firstUser, AwsClients.Endpoints aws, Path folder)
      throws IOException {
    return new Container("worker", aws, Map.of("server.port", 0, FIRST_USER, firstUser), folder);
  }

  /** Containers end by SIGKILL and SIGTERM, in random order, spread over the load. */
  private List<Kill> kills(Container api, List<Container> workers) {
    var victims =
        new ArrayList<>(
            List.of(
                new Kill(api, true, 0),
                new Kill(workers.get(0), true, 0),
                new Kill(workers.get(1), false, 0),
                new Kill(workers.get(random.nextInt(2)), true, 0),
                new Kill(api, false, 0)));
    victims.subList(Sizes.of(3, 5), 5).clear();
    Collections.shuffle(victims, random);
    var kills = new ArrayList<Kill>();
    for (int i = 0; i < victims.size(); i++) {
      var share = JOBS / victims.size();
      var accepted = i * share + random.nextInt(share);
      kills.add(new Kill(victims.get(i).container, victims.get(i).hard, accepted));
    }
    return kills;
  }

  private static void check(Books books, Load load) {
    var jobs = books.jobs();
    var byStatus =
        jobs.values().stream()
            .collect(Collectors.groupingBy(Books.Entry::status, Collectors.counting()));
    LOG.info("Jobs by status: {}", byStatus);
    assertThat(jobs.keySet()).as("jobs that exist").isEqualTo(load.accepted()).hasSize(JOBS);
    assertThat(byStatus.get("succeeded")).as("succeeded").isGreaterThan(JOBS / 3);

    var transitions = books.transitions();
    jobs.values().forEach(job -> checkHistory(job, transitions.get(job.jobId())));
    var ran =
        jobs.values().stream()
            .filter(job -> !isGivenBack(job, transitions))
            .map(Books.Entry::jobId)
            .collect(Collectors.toSet());
    assertThat(books.ledger())
        .as("jobs charged")
        .doesNotHaveDuplicates()
        .containsExactlyInAnyOrderElementsOf(ran);
    var ranOfTenant =
        jobs.values().stream()
            .filter(job -> ran.contains(job.jobId()))
            .collect(Collectors.groupingBy(Books.Entry::tenantId, Collectors.counting()));
    assertThat(books.counted()).as("tenants whose jobs are counted").hasSize(TENANTS);
    books
        .counted()
        .forEach(
            (tenant, counted) ->
                assertThat((long) counted)
                    .as("counted of %s", tenant)
                    .isEqualTo(ranOfTenant.getOrDefault(tenant, 0L)));
    assertThat(books.withoutOutput()).as("succeeded without output").isEmpty();
    await()
        .untilAsserted(
            () ->
                assertThat(books.tenantsWithHeldSlots(Json.time(Instant.now())))
                    .as("tenants with slots still held")
                    .isEmpty());
  }

  /** Checks that the job has one end and as many starts as attempts, without released ones. */
  private static void checkHistory(Books.Entry job, List<String> history) {
    var ends = history.stream().filter(step -> Books.ENDS.contains(step.split(" ")[0])).toList();
    assertThat(ends).as("ends of %s: %s", job, history).hasSize(1);
    assertThat(ends.getFirst()).as("%s: %s", job, history).startsWith(job.status());
    var started = history.stream().filter("running"::equals).count();
    var handedBack = history.stream().filter("pending queued"::equals).count();
    assertThat(started - handedBack)
        .as("attempts of %s: %s", job, history)
        .isEqualTo(job.attempts());
  }

  private static boolean isGivenBack(Books.Entry job, Map<String, List<String>> transitions) {
    return job.status().equals("dead_letter")
        || transitions.get(job.jobId()).contains("cancelled pending");
  }

  private static Map<String, Object> settings(Map<String, Object> own) {
    var settings = new HashMap<>(own);
    settings.put("outpost.auth.rate-limit-per-minute", 1_000_000);
    settings.put("outpost.jobs.resend-after", "3s");
    settings.put("outpost.jobs.sweep-period", 1000);
    settings.put("outpost.worker.slots", 8);
    settings.put("outpost.worker.wait-seconds", 1);
    settings.put("outpost.worker.lease-seconds", 10);
    settings.put("outpost.worker.retry-after", "1s");
    settings.put("outpost.worker.grace", "1s");
    settings.put("outpost.worker.shutdown-seconds", 15);
    settings.put("outpost.worker.agents.sandbox", "off");
    settings.put("OUTPOST_AGENT_CLAUDE_COMMAND", "/bin/cat");
    settings.put("OUTPOST_AGENT_CODEX_COMMAND", "/bin/false");
    settings.put("OUTPOST_AGENT_GROK_COMMAND", "[/bin/sleep, \"3\"]");
    return settings;
  }

  private <T extends AutoCloseable> T opened(T resource) {
    open.addFirst(resource);
    return resource;
  }

  @AfterEach
  void closeAll() throws Exception {
    for (var resource : open) {
      resource.close();
    }
  }
}
