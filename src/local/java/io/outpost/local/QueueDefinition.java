package io.outpost.local;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/** A queue of {@code schema/queues.json}. A dead-letter queue names no other queue (null). */
@JsonNaming(SnakeCaseStrategy.class)
record QueueDefinition(String deadLetter, int receives, int visibilitySeconds) {}
