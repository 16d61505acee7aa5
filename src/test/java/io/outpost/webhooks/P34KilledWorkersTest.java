package io.outpost.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.blackbox.OutpostProcess;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.webhooks.Receiver.Got;
import io.outpost.webhooks.Receiver.Reply;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Kills (-9) a worker after jobs have ended and before any event was delivered: some were never
 * sent, some sent without an answer. Another worker delivers all of them.
 */
@Tag("product")
class P34KilledWorkersTest {

  private static final int JOBS = 8;

  private final EmbeddedAws aws = EmbeddedAws.start(Optional.empty());
  private final Receiver receiver = new Receiver();
  @TempDir private Path folder;
  private LocalOutpost api;
  private OutpostProcess worker;

  P34KilledWorkersTest() throws IOException {}

  @BeforeEach
  void start() throws IOException {
    api = LocalOutpost.on(aws.endpoints(), "api", settings());
    worker = startWorker();
  }

  @AfterEach
  void stop() {
    receiver.close();
    worker.close();
    api.close();
    aws.close();
  }

  @Test
  void whatAKilledWorkerHadToDeliverIsDelivered() throws Exception {
    worker.awaitReady();
    var customer = Customer.of(Client.of(api.address()).with(api.adminKey()), "enterprise");
    var client = customer.client();
    var nobodyAnswers = new CountDownLatch(1);
    receiver.answer(
        got -> {
          awaitQuietly(nobodyAnswers);
          return new Reply(200, "");
        });
    var hook =
        client
            .post(customer.path("/webhooks"), "{\"url\":\"%s\"}".formatted(receiver.url("/")))
            .text("webhook_id");
    var jobs = Stream.generate(() -> client.submit("claude", "Say hello")).limit(JOBS).toList();
    jobs.forEach(client::ended);
    await().until(() -> !receiver.got().isEmpty());
    worker.kill();
    endLeases();
    var before = receiver.got();
    assertThat(before).extracting(Got::id).doesNotHaveDuplicates().hasSizeLessThan(JOBS);
    nobodyAnswers.countDown();

    worker = startWorker();
    var path = customer.path("/webhooks/" + hook + "/deliveries?status=succeeded");
    await().until(() -> client.get(path).json().path("data").size() == JOBS);
    var told = receiver.got().subList(before.size(), receiver.got().size());
    assertThat(told.stream().map(got -> got.json().at("/data/job_id").asText()).distinct())
        .containsExactlyInAnyOrderElementsOf(jobs);
    // An event that was sent already is sent again unchanged, so that the receiver
    // recognizes it.
    var again = told.stream().collect(Collectors.toMap(Got::id, Got::body, (one, same) -> one));
    assertThat(again).hasSize(JOBS);
    assertThat(before).allSatisfy(got -> assertThat(again).containsEntry(got.id(), got.body()));
  }

  /** Moves the dead worker's leases into the past, because they last for minutes. */
  private void endLeases() {
    var past = Map.of(":past", AttributeValue.fromS("2026-01-01T00:00:00.000Z"));
    try (var clients = aws.clients()) {
      var table = "outpost-webhooks-local";
      clients.dynamoDb().scanPaginator(s -> s.tableName(table)).items().stream()
          .filter(item -> item.containsKey("lease_id"))
          .map(item -> Map.of("tenant_id", item.get("tenant_id"), "sk", item.get("sk")))
          .forEach(
              key ->
                  clients
                      .dynamoDb()
                      .updateItem(
                          u ->
                              u.tableName(table)
                                  .key(key)
                                  .updateExpression("SET lease_due = :past, open_due = :past")
                                  .expressionAttributeValues(past)));
    }
  }

  private OutpostProcess startWorker() throws IOException {
    var settings = settings();
    return OutpostProcess.start(folder, "worker", aws.endpoints(), api.adminKey(), settings);
  }

  private Map<String, Object> settings() {
    return Map.of(
        "server.port",
        0,
        "outpost.env",
        "local",
        "outpost.agents.demo",
        "always",
        "outpost.webhooks.allow-loopback",
        true,
        "outpost.worker.wait-seconds",
        1,
        "outpost.worker.slots",
        4,
        "outpost.worker.agents.first-user",
        36_000);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
