package io.outpost.aws;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/**
 * Sends messages to queues with a message group (fair queues), which Camel's component cannot set.
 * Thread-safe.
 */
@Component("queues")
public class Queues {

  /**
   * The time limit of sending. Callers have a fallback, so a failure is better than a long wait.
   */
  private static final Duration LONGEST_SEND = Duration.ofSeconds(5);

  private final SqsClient sqs;
  private final Names names;
  private final Map<String, String> urls = new ConcurrentHashMap<>();

  Queues(SqsClient sqs, Names names) {
    this.sqs = sqs;
    this.names = names;
  }

  /** The URL of a queue of schema/queues.json; looked up once. */
  public String url(String queue) {
    return urls.computeIfAbsent(
        queue, q -> sqs.getQueueUrl(r -> r.queueName(names.queue(q))).queueUrl());
  }

  /**
   * The approximate number of messages in a queue.
   *
   * @param waiting visible messages
   * @param received messages in flight
   */
  public record Depth(long waiting, long received) {}

  /** Reads the current number of messages in a queue. */
  public Depth depth(String queue) {
    var waiting = QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES;
    var received = QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE;
    var found =
        sqs.getQueueAttributes(q -> q.queueUrl(url(queue)).attributeNames(waiting, received))
            .attributes();
    return new Depth(
        Long.parseLong(found.getOrDefault(waiting, "0")),
        Long.parseLong(found.getOrDefault(received, "0")));
  }

  /**
   * Sends one message.
   *
   * @param group the tenant: SQS keeps one tenant's backlog from delaying the others
   * @param delaySeconds from 0 to 900
   */
  public void send(
      String queue, String body, String group, Map<String, String> attributes, int delaySeconds) {
    var typed = new java.util.HashMap<String, MessageAttributeValue>();
    attributes.forEach(
        (k, v) ->
            typed.put(
                k, MessageAttributeValue.builder().dataType("String").stringValue(v).build()));
    sqs.sendMessage(
        m ->
            m.queueUrl(url(queue))
                .messageBody(body)
                .messageGroupId(group)
                .messageAttributes(typed)
                .delaySeconds(delaySeconds == 0 ? null : delaySeconds)
                .overrideConfiguration(o -> o.apiCallTimeout(LONGEST_SEND)));
  }
}
