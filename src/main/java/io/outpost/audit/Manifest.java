package io.outpost.audit;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The contents of an export.
 *
 * @param entries the number of entries in the time range, each counted once
 * @param chain null when nothing was archived in the time range
 * @param unusable objects that are left out, because they have changed since they were sealed
 */
record Manifest(
    String exportId,
    String tenantId,
    Instant from,
    Instant to,
    Instant createdAt,
    long entries,
    @Nullable Stretch chain,
    List<File> files,
    List<String> unusable) {

  /** A kind of file: entries of the time range, or the blocks of the chain that prove them. */
  enum Kind {
    entries,
    chain
  }

  /**
   * One file of gzipped lines of JSON.
   *
   * @param sha256 of the gzipped file
   * @param bytes the size of the gzipped file
   */
  record File(String name, Kind kind, String sha256, long bytes, long lines) {}

  /**
   * The blocks in the files of the kind {@code chain}, without a gap.
   *
   * @param previousSha256 of the block before the first; null: none
   */
  record Stretch(
      long firstSequence, @Nullable String previousSha256, long lastSequence, String lastSha256) {}
}
