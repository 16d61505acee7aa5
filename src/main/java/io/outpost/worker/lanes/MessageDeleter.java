package io.outpost.worker.lanes;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;

/**
 * Deletes finished messages, up to ten in a call. A message that stays, because this process was
 * killed or SQS does not answer, is delivered again and then dropped. Thread-safe.
 */
final class MessageDeleter {

  private static final Logger LOG = LoggerFactory.getLogger(MessageDeleter.class);
  private static final int MOST_IN_A_CALL = 10;

  private final SqsClient sqs;
  private final Map<String, List<String>> waiting = new HashMap<>();

  MessageDeleter(SqsClient sqs) {
    this.sqs = sqs;
  }

  /** Adds a message by its receipt; a full batch is deleted at once. */
  void add(String queueUrl, String receipt) {
    List<String> full;
    synchronized (waiting) {
      var receipts = waiting.computeIfAbsent(queueUrl, url -> new ArrayList<>());
      receipts.add(receipt);
      full = receipts.size() < MOST_IN_A_CALL ? List.of() : waiting.remove(queueUrl);
    }
    delete(queueUrl, full);
  }

  /** Deletes the remaining messages. */
  void flush() {
    Map<String, List<String>> all;
    synchronized (waiting) {
      all = Map.copyOf(waiting);
      waiting.clear();
    }
    all.forEach(this::delete);
  }

  private void delete(String queueUrl, List<String> receipts) {
    if (receipts.isEmpty()) {
      return;
    }
    var entries =
        IntStream.range(0, receipts.size())
            .mapToObj(
                i ->
                    DeleteMessageBatchRequestEntry.builder()
                        .id(Integer.toString(i))
                        .receiptHandle(receipts.get(i))
                        .build())
            .toList();
    try {
      var answer = sqs.deleteMessageBatch(d -> d.queueUrl(queueUrl).entries(entries));
      answer.failed().forEach(left -> warn(1, left.code()));
    } catch (SdkException e) {
      warn(receipts.size(), e.toString());
    }
  }

  private static void warn(int messages, String reason) {
    LOG.warn(
        "{} messages were not deleted; they are delivered again and dropped: {}", messages, reason);
  }
}
