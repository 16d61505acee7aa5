package io.outpost.http;

/** Who calls, asked again while a call goes on. Thread-safe. */
public interface Callers {

  /**
   * Whether the call would still be let in: its key holds, its tenant is neither suspended nor
   * gone.
   */
  boolean isLetIn(Call call);
}
