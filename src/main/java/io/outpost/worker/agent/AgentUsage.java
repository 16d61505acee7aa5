package io.outpost.worker.agent;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * What a run consumed, as the agent itself tells.
 *
 * @param inputTokens tokens read by the model
 * @param outputTokens tokens written by the model
 * @param costUsd cost in US dollars; {@code null} when not told
 */
public record AgentUsage(long inputTokens, long outputTokens, @Nullable BigDecimal costUsd) {

  /** Whether that costs so much, as far as is told. */
  public boolean costs(BigDecimal dollars) {
    return costUsd != null && costUsd.compareTo(dollars) >= 0;
  }
}
