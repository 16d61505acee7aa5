package io.outpost.audit;

import org.jspecify.annotations.Nullable;

/**
 * A fault of a chain.
 *
 * @param sequence the faulty block
 * @param key the object; null when there is none
 * @param detail a description
 */
record ChainFault(Kind kind, long sequence, @Nullable String key, String detail) {

  /** The kinds of faults. */
  enum Kind {
    /** A block's content does not match its head, or cannot be read. */
    edited,
    /** A block with a head is missing. */
    missing,
    /** An object contains the block of another place. */
    misplaced,
    /** A block exists a second time. */
    duplicated,
    /** An object has no head. */
    unsealed,
    /**
     * A block has two heads, does not follow the previous block, or is another one than the table
     * names.
     */
    forked
  }
}
