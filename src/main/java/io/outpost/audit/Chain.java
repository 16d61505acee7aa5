package io.outpost.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.audit.ChainHeads.Contended;
import io.outpost.audit.ChainHeads.Standing;
import java.time.Clock;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.apache.camel.Body;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/**
 * The steps of adding a block to a tenant's chain: reserve its place, write it, seal it, advance.
 * The block of a writer that died on the way is found by the next one, which finishes it or, when
 * it was never written, takes its place. Stateless.
 */
@Component("chain")
public class Chain {

  /** Longer than a writer that lives takes for the rest, its own retries included. */
  static final Duration RESERVED = Duration.ofMinutes(3);

  private final ChainHeads heads;
  private final Archive archive;
  private final ObjectMapper mapper;
  private final Clock clock;

  @Autowired
  Chain(ChainHeads heads, Archive archive, ObjectMapper mapper) {
    this(heads, archive, mapper, Clock.systemUTC());
  }

  Chain(ChainHeads heads, Archive archive, ObjectMapper mapper, Clock clock) {
    this.heads = heads;
    this.archive = archive;
    this.mapper = mapper;
    this.clock = clock;
  }

  /**
   * Makes the next block of a chain and reserves its place.
   *
   * @throws Contended when another writer has it
   */
  public Block reserve(@Body TenantBatch part) throws JsonProcessingException {
    var now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    var standing = heads.standing(part.tenantId());
    if (standing.reserved() != null) {
      if (now.isBefore(standing.reservedUntil())) {
        throw new Contended(part.tenantId());
      }
      standing = finish(part.tenantId(), standing);
    }
    var block = Block.after(standing.head(), part, now, mapper);
    heads.reserve(part.tenantId(), standing, block.mark(), now.plus(RESERVED));
    return block;
  }

  /**
   * Makes a block that is written and sealed the last one of its chain.
   *
   * @throws Contended when it took so long that another writer has its place
   */
  public void advance(@Body Block block) {
    heads.advance(block.tenantId(), block.mark());
  }

  /** Finishes what a dead writer began, if it got as far as writing its block. */
  private Standing finish(String tenantId, Standing standing) throws JsonProcessingException {
    var reserved = standing.reserved();
    if (reserved == null || !archive.holds(reserved)) {
      return standing;
    }
    archive.seal(tenantId, reserved);
    heads.advance(tenantId, reserved);
    return new Standing(reserved, null, null);
  }
}
