package io.outpost.worker.files;

/** An agent's working directory cannot be packed. The message tells the tenant why. */
public final class NotPackedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  NotPackedException(String why) {
    super("The workspace could not be saved: " + why + " The previously saved workspace is kept.");
  }
}
