package io.outpost.worker.files;

/** What an agent left cannot be packed; the message says why, to the customer. */
public final class NotPackedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  NotPackedException(String why) {
    super("The workspace could not be saved: " + why + " The previously saved workspace is kept.");
  }
}
