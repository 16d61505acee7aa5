package io.outpost.worker.agent;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/**
 * The consumption of a run, as the agent reports it.
 *
 * @param inputTokens tokens read by the model
 * @param outputTokens tokens written by the model
 * @param costUsd cost in US dollars; {@code null} when not reported
 */
public record AgentUsage(long inputTokens, long outputTokens, @Nullable BigDecimal costUsd) {

  /** Whether the reported cost is at least this amount. */
  public boolean costs(BigDecimal dollars) {
    return costUsd != null && costUsd.compareTo(dollars) >= 0;
  }
}
