package io.outpost.audit;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.audit.Archive.Stored;
import io.outpost.audit.Block.Link;
import io.outpost.audit.ChainFault.Kind;
import io.outpost.audit.ChainHeads.Standing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Compares the blocks of a chain, in the order of their names, with their heads. Each block must
 * exist once, at its place, be unchanged since it was sealed, and name the previous block. For one
 * check of one tenant; not thread-safe.
 */
final class ChainCheck {

  private final String tenantId;
  private final long upTo;
  private final Instant expired;
  private final ObjectMapper mapper;
  private final Iterator<HeadCopy> heads;
  private final Iterator<Stored> blocks;
  private final List<ChainFault> faults = new ArrayList<>();
  private @Nullable HeadCopy head;
  private @Nullable Stored block;
  private Position last;
  private long firstSequence;
  private int checked;
  private long entries;

  /**
   * How far a check has come.
   *
   * @param key the last object
   * @param sequence the last block; 0 before the first
   * @param sha256 of that block, from its head; null before the first
   */
  record Position(String key, long sequence, @Nullable String sha256) {
    static final Position BEGINNING = new Position("", 0, null);
  }

  /**
   * A check.
   *
   * @param upTo the chain's last sequence when the check began; later blocks may still be
   *     incomplete
   * @param expired the bucket's lifecycle may have removed blocks that are older than this
   * @param start where an earlier check ended
   * @param heads from the sequence after {@code start}
   * @param blocks from the name after {@code start}, read after {@code upTo}
   */
  ChainCheck(
      String tenantId,
      long upTo,
      Instant expired,
      Position start,
      Iterator<HeadCopy> heads,
      Iterator<Stored> blocks,
      ObjectMapper mapper) {
    this.tenantId = tenantId;
    this.upTo = upTo;
    this.expired = expired;
    this.last = start;
    this.heads = heads;
    this.blocks = blocks;
    this.mapper = mapper;
    head = next(heads);
    block = next(blocks);
    if (start.sequence() == 0) {
      skipExpired();
    }
  }

  /** Checks up to {@code limit} objects; returns whether there are more. */
  boolean run(int limit) {
    while (checked < limit) {
      var ofBlock = sequence(block);
      var ofHead = head == null ? Long.MAX_VALUE : head.sequence();
      if (ofBlock > upTo && ofHead > upTo) {
        return false;
      }
      if (ofHead < ofBlock) {
        missing(ofHead);
      } else if (ofBlock < ofHead) {
        extra();
      } else {
        compare();
      }
    }
    return true;
  }

  /**
   * Ends the check with the blocks after {@code upTo}.
   *
   * @param now the end of the chain, read after everything else
   */
  void end(Standing now) {
    if (now.head() != null
        && now.sequence() == last.sequence()
        && !now.head().sha256().equals(last.sha256())) {
      fault(Kind.forked, last.sequence(), last.key(), "The table names another head.");
    }
    while (head != null) {
      if (isUnderway(head.sequence(), now)) {
        head = next(heads);
      } else {
        missing(head.sequence());
      }
    }
    while (block != null) {
      if (isUnderway(sequence(block), now)) {
        block = next(blocks);
      } else {
        extra();
      }
    }
  }

  List<ChainFault> faults() {
    return faults;
  }

  /** How far the check has come. */
  Position last() {
    return last;
  }

  /** The sequence of the first checked block; 0: none. */
  long firstSequence() {
    return firstSequence;
  }

  /** The number of checked objects. */
  int checked() {
    return checked;
  }

  /** The number of entries in unchanged blocks. */
  long entries() {
    return entries;
  }

  private boolean isUnderway(long sequence, Standing now) {
    return sequence > upTo
        && (sequence <= now.sequence()
            || now.reserved() != null && sequence == now.reserved().sequence());
  }

  /**
   * Skips blocks that the lifecycle may have removed. The first remaining block names its
   * predecessor, whose age shows whether that was so.
   */
  private void skipExpired() {
    var first = link(block);
    var gone =
        first
            .map(Link::previousKey)
            .flatMap(BlockKey::parse)
            .filter(key -> key.hour().isBefore(expired));
    while (gone.isPresent() && head != null && head.sequence() < first.get().sequence()) {
      head = next(heads);
    }
    if (gone.isPresent()) {
      last = new Position(last.key(), first.get().sequence() - 1, first.get().previousSha256());
    }
  }

  private void missing(long sequence) {
    fault(Kind.missing, sequence, null, "The block is not in the archive.");
    last = new Position(last.key(), sequence, head().sha256());
    nextHead();
  }

  private HeadCopy head() {
    return Objects.requireNonNull(head, "A head was not read before its check");
  }

  private Stored block() {
    return Objects.requireNonNull(block, "A block was not read before its check");
  }

  private void extra() {
    checked++;
    var found = block();
    var sequence = link(found).map(Link::sequence).orElse(sequence(found));
    var known = sequence <= last.sequence();
    fault(
        known ? Kind.duplicated : Kind.unsealed,
        sequence,
        found.key(),
        known ? "The block exists a second time." : "No head belongs to this object.");
    last = new Position(found.key(), last.sequence(), last.sha256());
    block = next(blocks);
  }

  private void compare() {
    checked++;
    var sealed = head();
    var found = block();
    var sequence = sealed.sequence();
    var content = found.content().get();
    var link = content.flatMap(c -> Block.link(c, mapper));
    if (sequence > last.sequence() + 1) {
      fault(Kind.missing, sequence - 1, null, "The block before and its head are missing.");
    }
    if (content.filter(c -> Block.sha256(c).equals(sealed.sha256())).isEmpty()) {
      changed(found, sequence, link);
    } else if (!link.map(l -> l.key().text()).equals(Optional.of(found.key()))) {
      fault(Kind.misplaced, sequence, found.key(), "The object's name does not match its block.");
    } else if (!Objects.equals(last.sha256(), link.get().previousSha256())) {
      fault(Kind.forked, sequence, found.key(), "It does not follow the block before.");
    } else {
      entries += link.get().entries();
    }
    firstSequence = firstSequence == 0 ? sequence : firstSequence;
    last = new Position(found.key(), sequence, sealed.sha256());
    block = next(blocks);
    nextHead();
  }

  private void changed(Stored found, long sequence, Optional<Link> link) {
    if (link.isPresent() && link.get().sequence() != sequence) {
      var detail = "It holds block %d.".formatted(link.get().sequence());
      fault(Kind.misplaced, sequence, found.key(), detail);
    } else {
      fault(Kind.edited, sequence, found.key(), "Its hash is not the sealed one.");
    }
  }

  private void nextHead() {
    var passed = head();
    head = next(heads);
    while (head != null && head.sequence() == passed.sequence()) {
      if (!head.sha256().equals(passed.sha256())) {
        fault(Kind.forked, passed.sequence(), null, "The block has two heads.");
      }
      head = next(heads);
    }
  }

  private void fault(Kind kind, long sequence, @Nullable String key, String detail) {
    faults.add(new ChainFault(kind, sequence, key, detail));
  }

  private Optional<Link> link(@Nullable Stored stored) {
    return stored == null
        ? Optional.empty()
        : stored.content().get().flatMap(c -> Block.link(c, mapper));
  }

  /** The sequence in an object's name, by which objects are sorted. Invalid names come first. */
  private long sequence(@Nullable Stored stored) {
    return stored == null
        ? Long.MAX_VALUE
        : BlockKey.parse(stored.key())
            .filter(key -> key.tenantId().equals(tenantId))
            .map(BlockKey::sequence)
            .orElse(0L);
  }

  private static <T> @Nullable T next(Iterator<T> iterator) {
    return iterator.hasNext() ? iterator.next() : null;
  }
}
