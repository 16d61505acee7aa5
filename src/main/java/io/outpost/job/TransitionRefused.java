package io.outpost.job;

import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** A transition that did not happen, because something is not as it must be for it. */
public final class TransitionRefused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final Reason reason;
  private final transient Map<String, AttributeValue> item;

  TransitionRefused(Reason reason, Map<String, AttributeValue> item) {
    super("The transition was refused: " + reason, null, false, false);
    this.reason = reason;
    this.item = item;
  }

  /** What was in the way. */
  public enum Reason {
    /** The job is in another state, or another's. */
    JOB_MOVED,
    /** The tenant runs as many jobs as it may. */
    NO_SLOT,
    /** The slot is not this lease's any more. */
    SLOT_LOST,
    /** Another run has the workspace. */
    WORKSPACE_BUSY,
    /** The workspace is not this lease's any more. */
    WORKSPACE_LOST,
    /** The tenant is suspended or deleted. */
    TENANT_AWAY,
    /** Other jobs wait for what the job gives back; or, of one that would wait, it is free. */
    OTHERS_WAIT
  }

  /** What was in the way. */
  public Reason reason() {
    return reason;
  }

  /** The item that was in the way, as it is; empty when there is none. */
  public Map<String, AttributeValue> item() {
    return item;
  }

  /** Whether the job was in the way because it is cancelled by now. */
  public boolean isCancelled() {
    return reason == Reason.JOB_MOVED
        && item.containsKey("status")
        && item.get("status").s().equals(Job.Status.cancelled.name());
  }
}
