package io.outpost.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.webhooks.Receiver;
import io.outpost.webhooks.Receiver.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * A worker that finds nothing reads the outbox at growing intervals; in this test it never reads
 * again by itself. So each delivery proves that something woke the worker.
 */
@Tag("product")
class P34SleepingWorkersTest {

  private final EmbeddedAws aws = EmbeddedAws.start(Optional.empty());
  private final LocalOutpost api = LocalOutpost.on(aws.endpoints(), "api", settings());
  private final LocalOutpost worker = LocalOutpost.on(aws.endpoints(), "worker", settings());
  private final OutboxPace pace = worker.context().getBean(OutboxPace.class);
  private final Receiver receiver = new Receiver();

  P34SleepingWorkersTest() throws IOException {}

  @AfterEach
  void stop() {
    receiver.close();
    worker.close();
    api.close();
    aws.close();
  }

  @Test
  void aSleepingWorkerIsWokenByWhatIsWrittenAndByWhatComesDue() {
    var began = System.nanoTime();
    var customer = Customer.of(Client.of(api.address()).with(api.adminKey()), "enterprise");
    var client = customer.client();
    var hook =
        client.post(customer.path("/webhooks"), "{\"url\":\"%s\"}".formatted(receiver.url("/")));
    // Written by the worker itself. The first delivery fails and nobody writes more: the retry
    // falls due.
    receiver.answer(got -> new Reply(receiver.got().size() < 2 ? 500 : 200, ""));
    pace.sleep();
    client.submit("claude", "Say hello");
    told(2);
    assertThat(receiver.got().get(1).id()).isEqualTo(receiver.got().get(0).id());
    // Written by the API: the first event wakes the worker and keeps it awake for the others.
    for (int pings = 1; pings <= 6; pings++) {
      pace.sleep();
      client.post(customer.path("/webhooks/" + hook.text("webhook_id") + "/ping"), null);
      told(2 + pings);
    }
    var most = 1 + Duration.ofNanos(System.nanoTime() - began).dividedBy(OutboxPace.ANNOUNCED_FOR);
    var announced = announcements();
    assertThat(announced).as("announcements of six events").isBetween(1L, most);
    worker.close();
    assertThat(announcements()).as("a worker leaves").isEqualTo(announced + 1);
  }

  private long announcements() {
    try (var clients = aws.clients()) {
      return clients
          .dynamoDb()
          .query(
              q ->
                  q.tableName("outpost-tenants-local")
                      .keyConditionExpression("tenant_id = :feed")
                      .filterExpression("subject = :outbox")
                      .expressionAttributeValues(
                          Map.of(
                              ":feed", AttributeValue.fromS("webhook-changes"),
                              ":outbox", AttributeValue.fromS(OutboxPace.OUTBOX))))
          .count();
    }
  }

  private void told(int times) {
    await().until(() -> receiver.got().size() == times);
  }

  private static Map<String, Object> settings() {
    return Map.of(
        "server.port",
        0,
        "outpost.env",
        "local",
        "outpost.agents.demo",
        "always",
        "outpost.webhooks.allow-loopback",
        true,
        "outpost.webhooks.retry-after",
        "1s,1s",
        "outpost.worker.wait-seconds",
        1);
  }
}
