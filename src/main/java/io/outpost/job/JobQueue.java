package io.outpost.job;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.aws.Queues;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Sends the messages of jobs. Stateless. */
@Component("jobQueue")
public class JobQueue {

  private final Queues queues;
  private final ObjectMapper mapper;

  JobQueue(Queues queues, ObjectMapper mapper) {
    this.queues = queues;
    this.mapper = mapper;
  }

  /**
   * Sends a message with the job's ids, never its command.
   *
   * @param delaySeconds how long the message stays invisible, up to 900; null: not at all
   */
  public void send(
      @Header("queue") String queue,
      @ExchangeProperty("message") JobMessage message,
      @ExchangeProperty("delaySeconds") @Nullable Integer delaySeconds)
      throws JsonProcessingException {
    queues.send(
        queue,
        mapper.writeValueAsString(message),
        message.tenantId(),
        Map.of(),
        delaySeconds == null ? 0 : delaySeconds);
  }
}
