package io.outpost.worker.agent;

/** Why an agent was stopped before it ended by itself. */
public enum StopReason {
  /** The customer cancelled the job. */
  CANCELLED("it was cancelled"),
  /** The job ran longer than it may. */
  TIME_LIMIT("it reached its time limit"),
  /** Its processes together had more memory than a job may. */
  MEMORY_LIMIT("it used more memory than a job may"),
  /** Its files together were larger than a job's may be. */
  DISK_LIMIT("it wrote more to disk than a job may"),
  /** It told that it has cost as much as the job may. */
  COST_LIMIT("it cost as much as the job may"),
  /** What it uses could not be measured, again and again. */
  UNMEASURED("what it used could not be measured"),
  /** The worker gives the job back: it shuts down or has lost the lease. */
  RELEASED("the worker gave the job back");

  private final String text;

  StopReason(String text) {
    this.text = text;
  }

  /** In words, for the customer. */
  public String text() {
    return text;
  }
}
