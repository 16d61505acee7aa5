package io.outpost.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.Outpost;
import io.outpost.local.AwsClients;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.Provisioner;
import io.outpost.local.stripe.LocalStripe;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * Containers of this and the previous release on one AWS and one Stripe stub, as during a
 * deployment. The AWS resources are this release's.
 */
final class TwoReleases implements AutoCloseable {

  private static final String ADMIN = "op_live_00000000000000000000000000000035";
  private static final Duration LONGEST = Duration.ofMinutes(2);

  /** A container's release. */
  enum Release {
    BEFORE(71_000),
    NOW(72_000);

    private final int firstUser;

    Release(int firstUser) {
      this.firstUser = firstUser;
    }
  }

  private final Path before = Path.of(System.getProperty("outpost.release-before", "none"));
  private final Path folder = Path.of("target", "compatibility");
  private final EmbeddedAws aws = EmbeddedAws.start(Optional.empty());
  private final AwsClients clients = aws.clients();
  private final LocalStripe stripe = LocalStripe.start(Clock.systemUTC());
  private final Map<String, OutpostProcess> running = new HashMap<>();

  TwoReleases() throws IOException {
    assertThat(before).as("the jar of the release before; .ci/compatibility makes it").exists();
    Files.createDirectories(folder);
    new Provisioner(clients, "local").provision();
  }

  /** Starts an API; returns an operator's client. */
  Client startApi(Release release) {
    var port = Ports.free();
    start("api", release, port).awaitReady();
    var address = "http://localhost:" + port;
    stripe.notify(address);
    var operator = Client.of(address).with(ADMIN);
    return release == Release.NOW ? operator : operator.ofAnotherRelease();
  }

  /** Starts a worker, and waits until it takes jobs. */
  void startWorker(Release release) {
    start("worker", release, Ports.free()).awaitReady();
  }

  /** Stops a container as ECS does. */
  void stop(String role, Release release) throws InterruptedException {
    var process = running.remove(role + release);
    assertThat(process.terminate(LONGEST)).as(process.printed()).isTrue();
  }

  /** Kills a container with SIGKILL. */
  void kill(String role, Release release) throws InterruptedException {
    running.remove(role + release).kill();
  }

  /** The number of jobs that Stripe counted for a customer. */
  long counted(String customer) {
    return stripe.counted(customer);
  }

  /** The number of messages in a queue: visible, in flight or delayed. */
  int messages(String queue) {
    var url = url(queue);
    return clients
        .sqs()
        .getQueueAttributes(q -> q.queueUrl(url).attributeNames(QueueAttributeName.ALL))
        .attributes()
        .entrySet()
        .stream()
        .filter(entry -> entry.getKey().toString().startsWith("ApproximateNumberOfMessages"))
        .mapToInt(entry -> Integer.parseInt(entry.getValue()))
        .sum();
  }

  /** Sends a message of a future release. */
  void send(String queue, String body) {
    var url = url(queue);
    clients.sqs().sendMessage(m -> m.queueUrl(url).messageBody(body));
  }

  private String url(String queue) {
    return clients.sqs().getQueueUrl(q -> q.queueName("outpost-" + queue + "-local")).queueUrl();
  }

  /** The exit code of this release's check of a tenant's archive: 0 when it is intact. */
  int verifyAudit(String tenantId) throws IOException, InterruptedException {
    var arguments =
        Stream.concat(
            Stream.of(
                "--spring.profiles.active=verify",
                "--outpost.env=local",
                "--outpost.verify-audit=" + tenantId),
            aws.settings().entrySet().stream()
                .map(setting -> "--%s=%s".formatted(setting.getKey(), setting.getValue())));
    try (var command =
        OutpostProcess.start(Outpost.class, folder, Map.of(), arguments.toArray(String[]::new))) {
      return command.awaitExit();
    }
  }

  private OutpostProcess start(String role, Release release, int port) {
    try {
      var settings = settings(release, port);
      var process =
          release == Release.BEFORE
              ? OutpostProcess.start(
                  before.toAbsolutePath(), folder, role, aws.endpoints(), ADMIN, settings)
              : OutpostProcess.start(folder, role, aws.endpoints(), ADMIN, settings);
      running.put(role + release, process);
      return process;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Settings for both releases; a renamed setting needs both names. */
  private Map<String, Object> settings(Release release, int port) {
    var settings = new HashMap<String, Object>(stripe.settings());
    settings.put("server.port", port);
    settings.put("outpost.auth.rate-limit-per-minute", 1_000_000);
    settings.put("outpost.agents.demo", "always");
    settings.put("outpost.jobs.resend-after", "5s");
    settings.put("outpost.jobs.sweep-period", 1000);
    settings.put("outpost.audit.archive-period", 1000);
    settings.put("outpost.webhooks.allow-loopback", true);
    settings.put("outpost.stripe.usage-report-interval", "PT1S");
    settings.put("outpost.worker.slots", 8);
    settings.put("outpost.worker.wait-seconds", 1);
    settings.put("outpost.worker.lease-seconds", 12);
    settings.put("outpost.worker.retry-after", "1s");
    settings.put("outpost.worker.grace", "0s");
    settings.put("outpost.worker.shutdown-seconds", 20);
    settings.put("outpost.worker.agents.sandbox", "off");
    settings.put("outpost.worker.agents.first-user", release.firstUser);
    return settings;
  }

  @Override
  public void close() {
    running.values().forEach(OutpostProcess::close);
    stripe.close();
    clients.close();
    aws.close();
  }
}
