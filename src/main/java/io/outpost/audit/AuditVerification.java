package io.outpost.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.audit.ChainCheck.Position;
import io.outpost.kernel.Cursor;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import org.apache.camel.Header;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/** Checks that a tenant's archive is unchanged. Stateless. */
@Component("auditVerification")
public class AuditVerification {

  private final ChainHeads heads;
  private final Archive archive;
  private final AuditSettings settings;
  private final ObjectMapper mapper;
  private final Clock clock;

  @Autowired
  AuditVerification(
      ChainHeads heads, Archive archive, AuditSettings settings, ObjectMapper mapper) {
    this(heads, archive, settings, mapper, Clock.systemUTC());
  }

  AuditVerification(
      ChainHeads heads, Archive archive, AuditSettings settings, ObjectMapper mapper, Clock clock) {
    this.heads = heads;
    this.archive = archive;
    this.settings = settings;
    this.mapper = mapper;
    this.clock = clock;
  }

  /**
   * The result of checking a part of the chain.
   *
   * @param intact whether no fault was found
   * @param objects the number of checked objects
   * @param entries the number of entries in unchanged blocks
   * @param firstSequence the first block of this part; 0: none
   * @param lastSequence the last block of this part or an earlier one; 0: none
   * @param lastSha256 of that block's content before compression
   * @param nextCursor where the next part begins; null at the end of the chain
   */
  public record Verification(
      String tenantId,
      boolean intact,
      int objects,
      long entries,
      long firstSequence,
      long lastSequence,
      @Nullable String lastSha256,
      List<ChainFault> faults,
      Instant verifiedAt,
      @Nullable String nextCursor) {}

  /** Checks {@code limit} objects of a tenant's chain, from a cursor on. */
  public Verification verify(
      @Header("tenant_id") String tenantId,
      @Header("limit") int limit,
      @Header("cursor") @Nullable String cursor)
      throws JsonProcessingException {
    var scope = tenantId + " audit-verification";
    var start =
        cursor == null
            ? Position.BEGINNING
            : mapper.readValue(Cursor.open(cursor, scope), Position.class);
    var check =
        new ChainCheck(
            tenantId,
            heads.standing(tenantId).sequence(),
            clock.instant().minus(settings.archiveKept()),
            start,
            archive.heads(tenantId, start.sequence() + 1),
            archive.blocks(tenantId, start.key()),
            mapper);
    var more = check.run(limit);
    if (!more) {
      check.end(heads.standing(tenantId));
    }
    return new Verification(
        tenantId,
        check.faults().isEmpty(),
        check.checked(),
        check.entries(),
        check.firstSequence(),
        check.last().sequence(),
        check.last().sha256(),
        check.faults(),
        clock.instant(),
        more ? Cursor.to(mapper.writeValueAsString(check.last()), scope) : null);
  }
}
