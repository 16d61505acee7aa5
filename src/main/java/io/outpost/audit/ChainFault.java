package io.outpost.audit;

import org.jspecify.annotations.Nullable;

/**
 * Something that is not as it was written.
 *
 * @param sequence the block it is about
 * @param key the object; null when there is none
 * @param detail what was found, in words
 */
record ChainFault(Kind kind, long sequence, @Nullable String key, String detail) {

  /** What can be wrong with a chain. */
  enum Kind {
    /** A block's content is not what its head says, or cannot be read. */
    edited,
    /** A block that has a head is not there. */
    missing,
    /** An object holds the block of another place. */
    misplaced,
    /** A block is there once more. */
    duplicated,
    /** An object that no head knows. */
    unsealed,
    /** A block has two heads, does not follow the one before, or the table knows another. */
    forked
  }
}
