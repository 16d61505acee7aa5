package io.outpost.worker.lanes;

import io.outpost.telemetry.QueueAges;
import io.outpost.telemetry.Tracing;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.apache.camel.Exchange;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.support.SynchronizationAdapter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

/**
 * The messages of the lanes: received, kept invisible while their jobs run, deleted after success.
 * Thread-safe.
 */
final class Inbox {

  private static final Logger LOG = LoggerFactory.getLogger(Inbox.class);

  /** The header with the seconds until a failed message is delivered again; set by the route. */
  static final String RETRY_AFTER = "retryAfterSeconds";

  private static final int DELETE_EVERY_MILLIS = 200;

  private final JobsConsumer consumer;
  private final JobsEndpoint endpoint;
  private final JobsComponent component;
  private final List<String> names;
  private final ScheduledExecutorService clock;
  private final ProducerTemplate template;
  private final MessageDeleter messageDeleter;

  Inbox(
      JobsConsumer consumer,
      JobsEndpoint endpoint,
      JobsComponent component,
      List<String> names,
      ScheduledExecutorService clock) {
    this.consumer = consumer;
    this.endpoint = endpoint;
    this.component = component;
    this.names = names;
    this.clock = clock;
    this.template = endpoint.getCamelContext().createProducerTemplate();
    this.messageDeleter = new MessageDeleter(component.sqs());
    var unused =
        clock.scheduleWithFixedDelay(
            () -> Thread.ofVirtual().name("delete").start(messageDeleter::flush),
            DELETE_EVERY_MILLIS,
            DELETE_EVERY_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  /** Deletes the finished messages, when all jobs have ended. */
  void close() {
    messageDeleter.flush();
  }

  /** One message of a lane; null when none arrived in time. */
  @Nullable Delivery receive(int lane, int waitSeconds) {
    var received =
        component
            .sqs()
            .receiveMessage(
                r ->
                    r.queueUrl(url(lane))
                        .maxNumberOfMessages(1)
                        .waitTimeSeconds(waitSeconds)
                        .messageSystemAttributeNames(MessageSystemAttributeName.SENT_TIMESTAMP)
                        .visibilityTimeout(endpoint.getLeaseSeconds()));
    if (received.messages().isEmpty()) {
      return null;
    }
    var message = received.messages().getFirst();
    component
        .ages()
        .received("jobs-" + names.get(lane), message.attributesAsStrings().get(QueueAges.SENT));
    return new Delivery(lane, message);
  }

  /** Makes a message visible to other workers at once. */
  void giveBack(Delivery delivery) {
    hide(delivery, Duration.ZERO);
  }

  /**
   * Runs the route for a message, with heartbeats.
   *
   * @param freeSince since when the slot could have run it
   */
  void process(Delivery delivery, int slot, Instant freeSince) {
    var exchange = consumer.createExchange(false);
    exchange.getMessage().setBody(delivery.message().body());
    exchange.setProperty("slot", slot);
    exchange.setProperty("slotFreeSince", freeSince);
    exchange.setProperty("lane", names.get(delivery.lane()));
    var every = Math.max(1, endpoint.getLeaseSeconds() / 3);
    var beat =
        clock.scheduleAtFixedRate(
            () -> startBeat(delivery, exchange), every, every, TimeUnit.SECONDS);
    exchange.getExchangeExtension().addOnCompletion(new Ending(delivery, beat));
    try {
      consumer.createUoW(exchange);
      consumer.getProcessor().process(exchange);
    } catch (Exception e) {
      exchange.setException(e);
    } finally {
      consumer.doneUoW(exchange);
      consumer.releaseExchange(exchange, false);
    }
  }

  private void startBeat(Delivery delivery, Exchange exchange) {
    Thread.ofVirtual().name("heartbeat").start(() -> beat(delivery, exchange));
  }

  /**
   * Renews the job's lease and then the message's invisibility: the lease comes first, because it
   * is what keeps other workers from the job, and must not wait for a slow queue.
   */
  private void beat(Delivery delivery, Exchange exchange) {
    if (endpoint.getHeartbeat() != null) {
      var run = exchange.getProperty("run");
      if (run != null) {
        template.send(
            endpoint.getHeartbeat(),
            e -> {
              e.setProperty("run", run);
              e.setProperty(Tracing.ROUTINE, true);
            });
      }
    }
    hide(delivery, Duration.ofSeconds(endpoint.getLeaseSeconds()));
  }

  private void hide(Delivery delivery, Duration time) {
    try {
      component
          .sqs()
          .changeMessageVisibility(
              c ->
                  c.queueUrl(url(delivery.lane()))
                      .receiptHandle(delivery.message().receiptHandle())
                      .visibilityTimeout((int) time.toSeconds()));
    } catch (SdkException e) {
      LOG.warn(
          "Cannot change the visibility of {}: {}", delivery.message().messageId(), e.toString());
    }
  }

  /** The name of a lane's queue. */
  String queue(int lane) {
    return component.names().queue("jobs-" + names.get(lane));
  }

  private String url(int lane) {
    return component.queues().url("jobs-" + names.get(lane));
  }

  /**
   * Deletes the message after success, and makes it visible again after a failure, when its
   * exchange has ended.
   */
  private final class Ending extends SynchronizationAdapter {
    private final Delivery delivery;
    private final java.util.concurrent.Future<?> beat;

    Ending(Delivery delivery, java.util.concurrent.Future<?> beat) {
      this.delivery = delivery;
      this.beat = beat;
    }

    @Override
    public void onComplete(Exchange exchange) {
      beat.cancel(false);
      messageDeleter.add(url(delivery.lane()), delivery.message().receiptHandle());
    }

    @Override
    public void onFailure(Exchange exchange) {
      beat.cancel(false);
      var after = exchange.getProperty(RETRY_AFTER, 5, Integer.class);
      LOG.warn(
          "A job was not run; its message is delivered again in {} s: {}",
          after,
          String.valueOf(exchange.getException()));
      hide(delivery, Duration.ofSeconds(after));
    }
  }
}
