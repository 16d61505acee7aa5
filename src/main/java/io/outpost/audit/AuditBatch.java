package io.outpost.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.platform.AuditEntry;
import io.outpost.platform.aws.AuditTrail;
import io.outpost.platform.aws.Names;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.PutRequest;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/** The steps that take a batch of audit entries to the table and to the archive. Stateless. */
@Component("auditBatch")
public class AuditBatch {

  private static final int WRITES = 25;
  private static final TypeReference<List<AuditEntry>> ENTRIES = new TypeReference<>() {};
  private static final DateTimeFormatter HOUR =
      DateTimeFormatter.ofPattern("'date='yyyy-MM-dd'/hour='HH").withZone(ZoneOffset.UTC);

  private final DynamoDbClient dynamoDb;
  private final AuditTrail trail;
  private final Names names;
  private final ObjectMapper mapper;

  AuditBatch(DynamoDbClient dynamoDb, AuditTrail trail, Names names, ObjectMapper mapper) {
    this.dynamoDb = dynamoDb;
    this.trail = trail;
    this.names = names;
    this.mapper = mapper;
  }

  /** Entries of one tenant and hour: one object of the archive. */
  public record Part(String folder, List<AuditEntry> entries) {}

  /** The entries of a message. */
  public List<AuditEntry> read(@Body String message) throws JsonProcessingException {
    return mapper.readValue(message, ENTRIES);
  }

  /**
   * Writes the entries to the table. What a batch leaves undone is left to the message's
   * redelivery.
   */
  public void write(@Body List<AuditEntry> entries) {
    for (int from = 0; from < entries.size(); from += WRITES) {
      var writes =
          entries.subList(from, Math.min(from + WRITES, entries.size())).stream()
              .map(
                  entry ->
                      WriteRequest.builder()
                          .putRequest(PutRequest.builder().item(trail.item(entry)).build())
                          .build())
              .toList();
      var done = dynamoDb.batchWriteItem(b -> b.requestItems(Map.of(names.table("audit"), writes)));
      if (done.hasUnprocessedItems() && !done.unprocessedItems().isEmpty()) {
        throw new IllegalStateException("The audit table is throttled");
      }
    }
  }

  /** The entries by tenant and hour. */
  public List<Part> partition(@Body List<AuditEntry> entries) {
    var parts = new LinkedHashMap<String, List<AuditEntry>>();
    for (var entry : entries) {
      var folder = "tenant=" + entry.tenantId() + "/" + HOUR.format(entry.timestamp());
      parts.computeIfAbsent(folder, f -> new ArrayList<>()).add(entry);
    }
    return parts.entrySet().stream().map(p -> new Part(p.getKey(), p.getValue())).toList();
  }

  /** A part as newline-delimited JSON. */
  public byte[] lines(@Body Part part) throws JsonProcessingException {
    var lines = new StringBuilder();
    for (var entry : part.entries()) {
      lines.append(mapper.writeValueAsString(entry)).append('\n');
    }
    return lines.toString().getBytes(StandardCharsets.UTF_8);
  }
}
