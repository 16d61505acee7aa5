package io.outpost.worker.lanes;

import io.outpost.telemetry.QueueAges;
import java.time.Duration;
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
 * Messages of the lanes: received, kept hidden while their exchange runs, deleted when it ends
 * well. Thread-safe.
 */
final class Inbox {

  private static final Logger LOG = LoggerFactory.getLogger(Inbox.class);

  /** Seconds after which a failed message comes again; set by the route that knows. */
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

  /** When nothing runs any more: deletes what is done with. */
  void close() {
    messageDeleter.flush();
  }

  /** One message of a lane; null when none came in time. */
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

  /** Lets another worker have a message at once. */
  void giveBack(Delivery delivery) {
    hide(delivery, Duration.ZERO);
  }

  /** Runs the route for a message, with a heartbeat. */
  void process(Delivery delivery, int slot) {
    var exchange = consumer.createExchange(false);
    exchange.getMessage().setBody(delivery.message().body());
    exchange.setProperty("slot", slot);
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

  /** The lease first: it decides, and must not wait for a queue that does not answer. */
  private void beat(Delivery delivery, Exchange exchange) {
    if (endpoint.getHeartbeat() != null) {
      var run = exchange.getProperty("run");
      if (run != null) {
        template.send(endpoint.getHeartbeat(), e -> e.setProperty("run", run));
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

  /** The name of a lane's queue, as operators know it. */
  String queue(int lane) {
    return component.names().queue("jobs-" + names.get(lane));
  }

  private String url(int lane) {
    return component.queues().url("jobs-" + names.get(lane));
  }

  /** What becomes of the message when its exchange has ended. */
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
          "A job was not run, its message comes again in {} s: {}",
          after,
          String.valueOf(exchange.getException()));
      hide(delivery, Duration.ofSeconds(after));
    }
  }
}
