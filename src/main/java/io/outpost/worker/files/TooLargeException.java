package io.outpost.worker.files;

/** A workspace's files exceed its limits; the message names the limits. */
public final class TooLargeException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  TooLargeException(TreeLimits limits) {
    super(
        "The workspace may hold %d bytes in %d files and folders; this is more. The previously saved workspace is kept."
            .formatted(limits.bytes(), limits.entries()));
  }
}
