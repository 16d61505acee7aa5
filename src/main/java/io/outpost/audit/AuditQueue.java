package io.outpost.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Queues;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;
import org.springframework.stereotype.Component;

/** Sends batches of entries to the audit queue. Stateless. */
@Component("auditQueue")
public class AuditQueue {

  private static final String QUEUE = "audit";

  /** Longer than another writer needs to finish its block. */
  private static final int LATER_SECONDS = 60;

  private final Queues queues;
  private final ObjectMapper mapper;

  AuditQueue(Queues queues, ObjectMapper mapper) {
    this.queues = queues;
    this.mapper = mapper;
  }

  /** Sends a batch, which is a JSON array of entries. */
  public void send(@Body String batch) {
    queues.send(QUEUE, batch, QUEUE, Map.of(), 0);
  }

  /**
   * Sends a tenant's entries to the queue again, after a delay, because they could not be archived.
   */
  public void sendLater(@Body TenantBatch part) throws JsonProcessingException {
    var entries = part.entries();
    for (int from = 0; from < entries.size(); from += TenantBatch.MESSAGE) {
      var to = Math.min(from + TenantBatch.MESSAGE, entries.size());
      queues.send(QUEUE, json(entries.subList(from, to)), QUEUE, Map.of(), LATER_SECONDS);
    }
  }

  private String json(List<AuditEntry> entries) throws JsonProcessingException {
    return mapper.writeValueAsString(entries);
  }
}
