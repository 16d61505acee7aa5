package io.outpost.audit;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.audit.Archive.Stored;
import io.outpost.audit.ChainCheck.Position;
import io.outpost.audit.ChainHeads.Standing;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A chain in memory, with the contents of the two buckets and the table, for tests to tamper with.
 */
final class SampleChain {

  static final String TENANT = "6f1c1d1e-0000-4000-8000-000000000001";
  static final ObjectMapper MAPPER = Json.objectMapper();
  private static final Instant BEGINNING = Instant.parse("2026-11-21T22:38:00Z");

  final TreeMap<String, byte[]> objects = new TreeMap<>();
  final TreeMap<String, HeadCopy> heads = new TreeMap<>();
  final List<BlockReference> marks = new ArrayList<>();
  Standing table = new Standing(null, null, null);

  /** A chain with one block per gap; a gap is the number of minutes since the block before. */
  static SampleChain of(List<Integer> gaps) {
    var chain = new SampleChain();
    var now = BEGINNING;
    for (int minutes : gaps) {
      now = now.plus(Duration.ofMinutes(minutes));
      chain.append(now, 1 + minutes % 3);
    }
    return chain;
  }

  int size() {
    return marks.size();
  }

  BlockReference mark(int index) {
    return marks.get(index);
  }

  void append(Instant now, int entries) {
    var block = Block.after(table.head(), part(TENANT, now, entries), now, MAPPER);
    objects.put(block.mark().key(), block.content());
    var head = new HeadCopy(TENANT, block.mark().sequence(), block.mark().sha256());
    heads.put(head.text(), head);
    marks.add(block.mark());
    table = new Standing(block.mark(), null, null);
  }

  /** The faults found by checks that read at most {@code limit} objects at a time. */
  List<ChainFault> faults(int limit) {
    return faults(limit, Instant.EPOCH);
  }

  /** The same, when the lifecycle has removed all objects older than {@code expired}. */
  List<ChainFault> faults(int limit, Instant expired) {
    var faults = new ArrayList<ChainFault>();
    var position = Position.BEGINNING;
    var more = true;
    while (more) {
      var check =
          new ChainCheck(
              TENANT,
              table.sequence(),
              expired,
              position,
              heads.tailMap(HeadCopy.from(TENANT, position.sequence() + 1)).values().iterator(),
              objects.tailMap(position.key(), false).entrySet().stream()
                  .map(SampleChain::stored)
                  .iterator(),
              MAPPER);
      more = check.run(limit);
      if (!more) {
        check.end(table);
      }
      faults.addAll(check.faults());
      position = check.last();
    }
    return faults;
  }

  private static Stored stored(Map.Entry<String, byte[]> object) {
    return new Stored(object.getKey(), () -> Optional.of(object.getValue()));
  }

  static TenantBatch part(String tenantId, Instant now, int entries) {
    return new TenantBatch(
        tenantId,
        IntStream.range(0, entries)
            .mapToObj(i -> entry(tenantId, now.minusSeconds(entries - i)))
            .toList());
  }

  static AuditEntry entry(String tenantId, Instant time) {
    return new AuditEntry(
        Ids.ulid(),
        tenantId,
        time,
        "getJob",
        "/jobs/x",
        AuditEntry.Outcome.allowed,
        200,
        "request",
        "key",
        "127.0.0.1",
        "test",
        Map.of());
  }
}
