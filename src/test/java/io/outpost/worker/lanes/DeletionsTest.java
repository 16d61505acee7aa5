package io.outpost.worker.lanes;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.local.EmbeddedAws;
import io.outpost.local.SharedOutpost;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Messages of jobs that have ended are deleted ten at a time: one call where it was ten. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class DeletionsTest {

  @Test
  void twentyFiveMessagesAreGoneAfterThreeCalls(EmbeddedAws aws) {
    try (var clients = aws.clients()) {
      var queue = clients.sqs().createQueue(q -> q.queueName("deletions")).queueUrl();
      var calls = new ArrayList<String>();
      var deletions = new MessageDeleter(counting(clients.sqs(), calls));
      for (int i = 0; i < 25; i++) {
        clients.sqs().sendMessage(m -> m.queueUrl(queue).messageBody("done"));
        var message = clients.sqs().receiveMessage(r -> r.queueUrl(queue)).messages().getFirst();
        deletions.add(queue, message.receiptHandle());
      }
      assertThat(left(clients.sqs(), queue)).isEqualTo(5);
      deletions.flush();
      deletions.flush();
      assertThat(left(clients.sqs(), queue)).isZero();
      assertThat(calls)
          .containsExactly("deleteMessageBatch", "deleteMessageBatch", "deleteMessageBatch");
    }
  }

  private static int left(SqsClient sqs, String queue) {
    var counts =
        List.of(
            QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES,
            QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE);
    return sqs
        .getQueueAttributes(g -> g.queueUrl(queue).attributeNames(counts))
        .attributes()
        .values()
        .stream()
        .mapToInt(Integer::parseInt)
        .sum();
  }

  private static SqsClient counting(SqsClient sqs, List<String> calls) {
    return (SqsClient)
        Proxy.newProxyInstance(
            SqsClient.class.getClassLoader(),
            new Class<?>[] {SqsClient.class},
            (proxy, method, arguments) -> {
              calls.add(method.getName());
              return method.invoke(sqs, arguments);
            });
  }
}
