package io.outpost.audit;

import io.outpost.audit.Manifest.File;
import io.outpost.audit.Manifest.Stretch;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** An export in progress. For one worker's attempt, not thread-safe. */
final class ExportWork {

  private final Export export;
  private final List<BlockKey> blocks;
  private final Map<Long, String> heads;
  private final List<File> files = new ArrayList<>();
  private final Set<String> unusable = new LinkedHashSet<>();
  private long entries;
  private @Nullable Stretch chain;
  private @Nullable String manifestSha256;

  /**
   * Begins an export.
   *
   * @param blocks the part of the chain that may have entries of the time range
   * @param heads the digests of the blocks by sequence
   */
  ExportWork(Export export, List<BlockKey> blocks, Map<Long, String> heads) {
    this.export = export;
    this.blocks = List.copyOf(blocks);
    this.heads = Map.copyOf(heads);
  }

  /** One day, UTC, of an export. */
  record Day(ExportWork work, LocalDate date) {}

  /** The days for which there are files: those of the time range and those of the blocks. */
  List<Day> days() {
    var last = date(export.to().minusMillis(1));
    return Stream.concat(
            date(export.from()).datesUntil(last.plusDays(1)),
            blocks.stream().map(block -> date(block.hour())))
        .distinct()
        .sorted()
        .map(date -> new Day(this, date))
        .toList();
  }

  Export export() {
    return export;
  }

  /** The blocks of the export, in order. */
  List<BlockKey> blocks() {
    return blocks;
  }

  /** Whether a block is unchanged since it was sealed. */
  boolean vouchesFor(BlockKey block, byte[] content) {
    return Block.sha256(content).equals(heads.get(block.sequence()));
  }

  /** Adds a stored file. */
  void add(File file) {
    files.add(file);
    entries += file.kind() == Manifest.Kind.entries ? file.lines() : 0;
  }

  /** Records an object that is not an unchanged block, so its entries are not exported. */
  void unusable(String key) {
    unusable.add(key);
  }

  /** Records that a block is in the export. Called in the order of the blocks. */
  void pass(Block.Link link, String sha256) {
    chain =
        chain == null
            ? new Stretch(link.sequence(), link.previousSha256(), link.sequence(), sha256)
            : new Stretch(chain.firstSequence(), chain.previousSha256(), link.sequence(), sha256);
  }

  long entries() {
    return entries;
  }

  String manifestSha256() {
    return Objects.requireNonNull(manifestSha256, "The manifest is stored last");
  }

  void manifestSha256(String sha256) {
    manifestSha256 = sha256;
  }

  Manifest manifest(Instant now) {
    return new Manifest(
        export.exportId(),
        export.tenantId(),
        export.from(),
        export.to(),
        now,
        entries,
        chain,
        files,
        List.copyOf(unusable));
  }

  static LocalDate date(Instant instant) {
    return LocalDate.ofInstant(instant, ZoneOffset.UTC);
  }
}
