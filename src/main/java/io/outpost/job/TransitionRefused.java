package io.outpost.job;

import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** A transition that was refused, because one of its conditions did not hold. */
public final class TransitionRefused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final transient Map<String, AttributeValue> item;

  TransitionRefused(Reason reason, Map<String, AttributeValue> item) {
    super("The transition was refused: " + reason, null, false, false);
    this.reason = reason;
    this.item = item;
  }

  /** The condition that did not hold. */
  public enum Reason {
    /** The job is in another state, or another run has its lease. */
    JOB_MOVED,
    /** The tenant has no free slot. */
    NO_SLOT,
    /** This lease no longer has the slot. */
    SLOT_LOST,
    /** Another run uses the workspace. */
    WORKSPACE_BUSY,
    /** This lease no longer has the workspace. */
    WORKSPACE_LOST,
    /** The tenant is suspended or deleted. */
    TENANT_AWAY,
    /** The tenant's tier has changed, and so has its number of slots. */
    OTHER_TIER,
    /**
     * Other jobs wait for the freed slot or workspace; or, when parking a job, its resource is
     * free.
     */
    OTHERS_WAIT
  }

  /** The condition that did not hold. */
  public Reason reason() {
    return reason;
  }

  /** The current item whose condition failed; empty when it does not exist. */
  public Map<String, AttributeValue> item() {
    return item;
  }

  /** Whether the job was cancelled. */
  public boolean isCancelled() {
    return reason == Reason.JOB_MOVED
        && item.containsKey("status")
        && item.get("status").s().equals(Job.Status.cancelled.name());
  }
}
