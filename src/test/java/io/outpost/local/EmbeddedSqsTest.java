package io.outpost.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;

@Tag("product")
class EmbeddedSqsTest {

  private static EmbeddedAws aws;
  private static AwsClients clients;
  private static SqsClient sqs;

  @BeforeAll
  static void start() {
    aws = EmbeddedAws.start(Optional.empty());
    clients = aws.clients();
    new Provisioner(clients, "test").provision();
    sqs = clients.sqs();
  }

  @AfterAll
  static void stop() {
    clients.close();
    aws.close();
  }

  @Test
  void aMessageKeepsItsGroupOnAStandardQueueAndIsGoneOnceDeleted() {
    String queue = url("jobs-high");
    sqs.sendMessage(m -> m.queueUrl(queue).messageBody("job").messageGroupId("t1"));
    Message message = receive(queue).getFirst();
    assertThat(message.body()).isEqualTo("job");
    assertThat(message.attributes())
        .containsEntry(MessageSystemAttributeName.MESSAGE_GROUP_ID, "t1");
    release(queue, message);
    Message again = receive(queue).getFirst();
    sqs.deleteMessage(m -> m.queueUrl(queue).receiptHandle(again.receiptHandle()));
    assertThat(receive(queue)).isEmpty();
  }

  @Test
  void aMessageReceivedThreeTimesMovesToTheDeadLetters() {
    String queue = url("jobs-low");
    sqs.sendMessage(m -> m.queueUrl(queue).messageBody("poison"));
    for (int attempt = 1; attempt <= 3; attempt++) {
      release(queue, receive(queue).getFirst());
    }
    assertThat(receive(queue)).isEmpty();
    assertThat(receive(url("jobs-dlq"))).extracting(Message::body).containsExactly("poison");
  }

  @Test
  void aDelayedMessageIsNotSeenBeforeItsTime() {
    String queue = url("audit");
    sqs.sendMessage(m -> m.queueUrl(queue).messageBody("later").delaySeconds(900));
    assertThat(receive(queue)).isEmpty();
  }

  private static List<Message> receive(String queue) {
    return sqs.receiveMessage(
            m -> m.queueUrl(queue).messageSystemAttributeNames(MessageSystemAttributeName.ALL))
        .messages();
  }

  private static void release(String queue, Message message) {
    sqs.changeMessageVisibility(
        m -> m.queueUrl(queue).receiptHandle(message.receiptHandle()).visibilityTimeout(0));
  }

  private static String url(String queue) {
    return sqs.getQueueUrl(q -> q.queueName("outpost-" + queue + "-test")).queueUrl();
  }
}
