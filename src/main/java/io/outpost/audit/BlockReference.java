package io.outpost.audit;

import java.time.Instant;

/**
 * A block's place in its tenant's chain.
 *
 * @param sequence 1 for the first block, one more for each next one
 * @param sha256 of the block's content before compression, in lower-case hex
 * @param key the object in the archive's bucket
 * @param archivedAt when the block was created; never before the previous block
 */
record BlockReference(long sequence, String sha256, String key, Instant archivedAt) {}
