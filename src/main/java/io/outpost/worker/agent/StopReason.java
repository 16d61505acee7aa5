package io.outpost.worker.agent;

/** Why an agent was stopped before it ended by itself. */
public enum StopReason {
  /** The customer cancelled the job. */
  CANCELLED,
  /** The job ran longer than it may. */
  TIME_LIMIT,
  /** The worker gives the job back: it shuts down or has lost the lease. */
  RELEASED
}
