package io.outpost.http;

/** Checks again during a long call whether its caller is still allowed. Thread-safe. */
public interface Callers {

  /**
   * Whether the caller is still allowed: its key is valid, its tenant neither suspended nor
   * deleted.
   */
  boolean isLetIn(Call call);
}
