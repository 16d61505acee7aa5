package io.outpost.http;

/** Checks again, while a long call lasts, whether its caller is still allowed. Thread-safe. */
public interface Callers {

  /**
   * Whether the caller is still allowed: the key is valid, and the tenant neither suspended nor
   * deleted.
   */
  boolean isLetIn(Call call);
}
