package io.outpost.local;

import com.fasterxml.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import com.fasterxml.jackson.databind.annotation.JsonNaming;

/** A queue of {@code schema/queues.json}; a dead-letter queue itself names none (null). */
@JsonNaming(SnakeCaseStrategy.class)
record QueueDefinition(String deadLetter, int receives, int visibilitySeconds) {}
