package io.outpost.job;

import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** A transition was refused, because one of its conditions did not hold. */
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
    /** The job is in another state, or another run has the lease. */
    JOB_MOVED,
    /** The tenant has no free slot. */
    NO_SLOT,
    /** The lease no longer has its slot. */
    SLOT_LOST,
    /** Another run uses the workspace. */
    WORKSPACE_BUSY,
    /** The lease no longer has the workspace. */
    WORKSPACE_LOST,
    /** The tenant is suspended or deleted. */
    TENANT_AWAY,
    /** The tenant's tier has changed, and so has its number of slots. */
    OTHER_TIER,
    /**
     * Other jobs wait for the freed slot or workspace; or, when a job is parked, the resource is
     * free.
     */
    OTHERS_WAIT
  }

  /** The condition that did not hold. */
  public Reason reason() {
    return reason;
  }

  /** The item whose condition failed, as it is now; empty when it does not exist. */
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
