package io.outpost.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.job.Job;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Formats events as lines of {@code text/event-stream}. */
record EventText(ObjectMapper mapper) {

  /** The beginning of every stream: how long clients wait before they reconnect. */
  static final byte[] HEAD = utf8("retry: 1000\n\n");

  /** A comment line, which shows that the stream is alive. */
  static final byte[] COMMENT = utf8(": waiting\n\n");

  byte[] output(EventPosition position, Map<String, Object> data) {
    return event("output", position, data);
  }

  byte[] job(EventPosition position, Job job) {
    return event("job", position, job);
  }

  byte[] end(EventPosition position, Job job) {
    return event("end", position, job);
  }

  private byte[] event(String name, EventPosition position, Object data) {
    try {
      return utf8(
          "id: %s\nevent: %s\ndata: %s\n\n"
              .formatted(position.id(), name, mapper.writeValueAsString(data)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The job as it was during its last attempt, before it ended. */
  static Job asRunning(Job job) {
    return job.with()
        .status(Job.Status.running)
        .completedAt(null)
        .exitCode(null)
        .outputLocation(null)
        .error(null)
        .build();
  }
}
