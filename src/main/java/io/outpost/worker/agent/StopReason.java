package io.outpost.worker.agent;

/** Why an agent was stopped before it ended by itself. */
public enum StopReason {
  /** The job was cancelled. */
  CANCELLED("it was cancelled"),
  /** The job ran longer than it may. */
  TIME_LIMIT("it reached its time limit"),
  /** The job's processes together used more memory than allowed. */
  MEMORY_LIMIT("it used more memory than allowed"),
  /** The job's files together were larger than allowed. */
  DISK_LIMIT("it used more disk than allowed"),
  /** The agent reported a cost that reached the job's limit. */
  COST_LIMIT("it reached its cost limit"),
  /** The use of memory and disk could not be measured several times in a row. */
  UNMEASURED("its use of memory and disk could not be measured"),
  /** The worker releases the job, because the worker shuts down or has lost the lease. */
  RELEASED("the worker released the job");

  private final String text;

  StopReason(String text) {
    this.text = text;
  }

  /** The reason in words, for the tenant. */
  public String text() {
    return text;
  }
}
