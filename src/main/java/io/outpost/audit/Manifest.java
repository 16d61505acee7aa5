package io.outpost.audit;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an export holds.
 *
 * @param entries how many there are in the time range, each counted once
 * @param chain null when nothing was archived in the time range
 * @param unusable objects of the archive that are left out, for they are not what was sealed
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

  /** A kind of file: entries of the time range, or blocks of the chain that prove them. */
  enum Kind {
    entries,
    chain
  }

  /**
   * One file, gzipped lines of JSON.
   *
   * @param sha256 of the file as it is
   * @param bytes its size as it is
   */
  record File(String name, Kind kind, String sha256, long bytes, long lines) {}

  /**
   * The blocks that the files of the kind chain hold, without a gap.
   *
   * @param previousSha256 of the block before the first; null: there is none
   */
  record Stretch(
      long firstSequence, @Nullable String previousSha256, long lastSequence, String lastSha256) {}
}
