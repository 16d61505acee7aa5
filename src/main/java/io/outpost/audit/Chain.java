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
 * The steps of adding a block to a tenant's chain: reserve its place, write it, seal it, make it
 * the end of the chain. When a writer dies on the way, the next writer finishes its block or, if
 * the block was never written, takes its place. Stateless.
 */
@Component("chain")
public class Chain {

  /** Longer than a live writer takes from the reservation to the last step, including retries. */
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
   * Creates the next block of a chain and reserves its place.
   *
   * @throws Contended when another writer has reserved it
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
   * Makes a block that was written and sealed the end of its chain.
   *
   * @throws Contended when another writer has meanwhile taken its place
   */
  public void advance(@Body Block block) {
    heads.advance(block.tenantId(), block.mark());
  }

  /** Finishes the block of a dead writer, if that writer had written it. */
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
