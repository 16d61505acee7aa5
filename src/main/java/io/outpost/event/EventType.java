package io.outpost.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.List;

/** The types of events, with their names in the contract. */
public enum EventType {
  JOB_RUNNING("job.running"),
  JOB_SUCCEEDED("job.succeeded"),
  JOB_FAILED("job.failed"),
  JOB_CANCELLED("job.cancelled"),
  JOB_DEAD_LETTER("job.dead_letter"),
  USAGE_THRESHOLD("usage.threshold"),
  API_KEY_EXPIRING("api_key.expiring"),
  PING("webhook.ping");

  /** The types that report the end of a job. */
  public static final List<EventType> JOB_ENDS =
      List.of(JOB_SUCCEEDED, JOB_FAILED, JOB_CANCELLED, JOB_DEAD_LETTER);

  private final String word;

  EventType(String word) {
    this.word = word;
  }

  /** The type with this name in the contract. */
  @JsonCreator
  public static EventType of(String word) {
    return Arrays.stream(values())
        .filter(type -> type.word.equals(word))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("No such event"));
  }

  @JsonValue
  public String word() {
    return word;
  }
}
