package io.outpost.worker.agent;

/** Why an agent was stopped before it ended by itself. */
public enum StopReason {
  /** The customer cancelled the job. */
  CANCELLED("it was cancelled"),
  /** The job ran longer than it may. */
  TIME_LIMIT("it reached its time limit"),
  /** Its processes together had more memory than a job may. */
  MEMORY_LIMIT("it used more memory than allowed"),
  /** Its files together were larger than a job's may be. */
  DISK_LIMIT("it used more disk than allowed"),
  /** It told that it has cost as much as the job may. */
  COST_LIMIT("it reached its cost limit"),
  /** What it uses could not be measured, again and again. */
  UNMEASURED("its use of memory and disk could not be measured"),
  /** The worker gives the job back: it shuts down or has lost the lease. */
  RELEASED("the worker released the job");

  private final String text;

  StopReason(String text) {
    this.text = text;
  }

  /** In words, for the customer. */
  public String text() {
    return text;
  }
}
