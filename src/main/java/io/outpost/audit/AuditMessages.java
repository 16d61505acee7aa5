package io.outpost.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Queues;
import io.outpost.telemetry.QueueAges;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.camel.Body;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequestEntry;

/** The steps of taking batches from the audit queue. Stateless. */
@Component("auditMessages")
public class AuditMessages {

  private static final TypeReference<List<AuditEntry>> ENTRIES = new TypeReference<>() {};

  /** The maximum number of deletions in a request to SQS. */
  private static final int DELETES = 10;

  private final SqsClient sqs;
  private final Queues queues;
  private final ObjectMapper mapper;
  private final AuditLag lag;
  private final QueueAges ages;

  AuditMessages(SqsClient sqs, Queues queues, ObjectMapper mapper, AuditLag lag, QueueAges ages) {
    this.lag = lag;
    this.ages = ages;
    this.sqs = sqs;
    this.queues = queues;
    this.mapper = mapper;
  }

  /**
   * A queue message with its entries, each once. The message stays in the queue until it is
   * deleted.
   */
  record Received(String receipt, List<AuditEntry> entries) {}

  /**
   * Reads a message. A message that cannot be read stays in the queue, and SQS moves it to the
   * dead-letter queue.
   */
  public Received read(
      @Body String message,
      @Header("CamelAwsSqsReceiptHandle") String receipt,
      @Header(QueueAges.SENT) @Nullable String sent)
      throws JsonProcessingException {
    ages.received("audit", sent);
    var entries = new TreeMap<String, AuditEntry>();
    mapper.readValue(message, ENTRIES).forEach(entry -> entries.put(entry.sk(), entry));
    return new Received(receipt, List.copyOf(entries.values()));
  }

  /** The entries of a message. */
  public List<AuditEntry> entries(@Body Received message) {
    return message.entries();
  }

  /** The entries of all messages by tenant, each once, oldest first. */
  public List<TenantBatch> byTenant(@Body List<Received> messages) {
    var tenants = new TreeMap<String, TreeMap<String, AuditEntry>>();
    for (var message : messages) {
      for (var entry : message.entries()) {
        tenants.computeIfAbsent(entry.tenantId(), t -> new TreeMap<>()).put(entry.sk(), entry);
      }
    }
    return tenants.entrySet().stream()
        .map(tenant -> new TenantBatch(tenant.getKey(), List.copyOf(tenant.getValue().values())))
        .toList();
  }

  /** Deletes messages whose entries are in the table and in the archive. */
  public void delete(@Body List<Received> messages) {
    for (int from = 0; from < messages.size(); from += DELETES) {
      var batch = new ArrayList<DeleteMessageBatchRequestEntry>();
      for (int i = from; i < Math.min(from + DELETES, messages.size()); i++) {
        batch.add(
            DeleteMessageBatchRequestEntry.builder()
                .id(Integer.toString(i))
                .receiptHandle(messages.get(i).receipt())
                .build());
      }
      sqs.deleteMessageBatch(d -> d.queueUrl(queues.url("audit")).entries(batch));
    }
    messages.forEach(message -> lag.written(message.entries(), "archive"));
  }
}
