package io.outpost.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.audit.ChainHeads.Contended;
import io.outpost.aws.Aws;
import io.outpost.aws.Names;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.Provisioner;
import io.outpost.store.Items;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.core.env.MapPropertySource;

/**
 * Concurrent writers, and writers that die at any step, leave one chain without a fork. It contains
 * each entry that was reported as archived, exactly once.
 */
@Tag("product")
class P21TwoWritersTest {

  private static EmbeddedAws aws;
  private static Buckets buckets;
  private static ConfigurableApplicationContext context;

  @Configuration
  @Import({
    Aws.class,
    Names.class,
    Items.class,
    Json.class,
    Archive.class,
    ChainHeads.class,
    AuditVerification.class
  })
  @EnableConfigurationProperties(AuditSettings.class)
  static class Parts {}

  @BeforeAll
  static void start() {
    aws = EmbeddedAws.start(Optional.empty());
    buckets = Buckets.of(aws);
    new Provisioner(buckets.clients(), "local").provision();
    context =
        new SpringApplicationBuilder(Parts.class)
            .web(WebApplicationType.NONE)
            .initializers(
                context ->
                    context
                        .getEnvironment()
                        .getPropertySources()
                        .addFirst(new MapPropertySource("aws", aws.endpoints().settings())))
            .run("--outpost.env=local");
  }

  @AfterAll
  static void stop() {
    context.close();
    buckets.close();
    aws.close();
  }

  /** A clock that moves only when a test moves it. */
  private static final class Hands extends Clock {
    private Instant now = Instant.parse("2026-11-21T22:38:00Z");

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }

  /** A writer that a test can stop or kill after each step. */
  private static final class Writer {
    private final Chain chain;
    private final String tenantId;
    private TenantBatch part;
    private Block block;
    private int step;

    Writer(Chain chain, String tenantId) {
      this.chain = chain;
      this.tenantId = tenantId;
    }

    /** Does the next step; returns the entries that are permanently archived after it. */
    List<AuditEntry> step(Instant now) throws IOException {
      switch (step) {
        case 0 -> {
          part = SampleChain.part(tenantId, now, 2);
          block = chain.reserve(part);
        }
        case 1 -> buckets.write(block.mark().key(), gzip(block.content()));
        case 2 -> context.getBean(Archive.class).seal(block);
        default -> chain.advance(block);
      }
      step = (step + 1) % 4;
      return step == 0 ? part.entries() : List.of();
    }

    void die() {
      step = 0;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void inWhateverOrderTheyTakeTheirStepsAndWhereverTheyDie(long seed) throws IOException {
    var random = new Random(seed);
    var tenantId = Ids.uuid();
    var clock = new Hands();
    var writers =
        List.of(writer(tenantId, clock), writer(tenantId, clock), writer(tenantId, clock));
    var archived = new ArrayList<String>();
    for (int i = 0; i < 120; i++) {
      var writer = writers.get(random.nextInt(writers.size()));
      if (random.nextInt(12) == 0) {
        // A live writer finishes before its reservation ends, so all writers die before time
        // passes.
        writers.forEach(Writer::die);
        clock.now = clock.now.plus(Chain.RESERVED).plusMillis(random.nextInt(3_600_000));
      } else if (random.nextInt(25) == 0) {
        writer.die();
      } else {
        try {
          writer.step(clock.now).forEach(entry -> archived.add(entry.entryId()));
        } catch (Contended e) {
          assertThat(writer.step).isZero();
        }
      }
    }
    clock.now = clock.now.plus(Chain.RESERVED);
    var last = writer(tenantId, clock);
    for (int i = 0; i < 4; i++) {
      last.step(clock.now).forEach(entry -> archived.add(entry.entryId()));
    }
    assertThat(archived).hasSizeGreaterThan(4);
    assertThat(verify(tenantId).faults()).isEmpty();
    assertThat(entriesOf(tenantId)).containsAll(archived).doesNotHaveDuplicates();
  }

  @Test
  void allAtOnce() throws Exception {
    var tenantId = Ids.uuid();
    var archived = new ArrayList<String>();
    try (var threads = Executors.newFixedThreadPool(4)) {
      Callable<List<String>> work = () -> blocks(tenantId, 12);
      for (var done : threads.invokeAll(List.of(work, work, work, work))) {
        archived.addAll(done.get());
      }
    }
    assertThat(verify(tenantId)).matches(v -> v.intact() && v.lastSequence() == 48);
    assertThat(entriesOf(tenantId)).containsExactlyInAnyOrderElementsOf(archived);
  }

  @Test
  void aWriterThatCameTooLateIsToldSo() throws IOException {
    var tenantId = Ids.uuid();
    var clock = new Hands();
    var slow = writer(tenantId, clock);
    var other = writer(tenantId, clock);
    slow.step(clock.now);
    assertThatThrownBy(() -> other.step(clock.now)).isInstanceOf(Contended.class);
    clock.now = clock.now.plus(Chain.RESERVED);
    for (int i = 0; i < 4; i++) {
      other.step(clock.now);
    }
    assertThatThrownBy(() -> slow.chain.advance(slow.block)).isInstanceOf(Contended.class);
    assertThat(verify(tenantId)).matches(v -> v.intact() && v.lastSequence() == 1);
  }

  @Test
  void aBlockThatAnotherWriterFinishedCountsAsWritten() throws IOException {
    var tenantId = Ids.uuid();
    var clock = new Hands();
    var slow = writer(tenantId, clock);
    slow.step(clock.now);
    slow.step(clock.now);
    clock.now = clock.now.plus(Chain.RESERVED);
    writer(tenantId, clock).step(clock.now);
    assertThatCode(() -> slow.chain.advance(slow.block)).doesNotThrowAnyException();
  }

  /** Writes blocks as the routes do: it retries while another writer holds the reservation. */
  private static List<String> blocks(String tenantId, int number) throws IOException {
    var archived = new ArrayList<String>();
    var writer = writer(tenantId, Clock.systemUTC());
    while (archived.size() < 2 * number) {
      try {
        writer.step(Instant.now()).forEach(entry -> archived.add(entry.entryId()));
      } catch (Contended e) {
        Thread.onSpinWait();
      }
    }
    return archived;
  }

  private static Writer writer(String tenantId, Clock clock) {
    var heads = context.getBean(ChainHeads.class);
    return new Writer(
        new Chain(
            heads, context.getBean(Archive.class), context.getBean(ObjectMapper.class), clock),
        tenantId);
  }

  private static AuditVerification.Verification verify(String tenantId)
      throws JsonProcessingException {
    return context.getBean(AuditVerification.class).verify(tenantId, 1000, null);
  }

  private static List<String> entriesOf(String tenantId) throws IOException {
    var ids = new ArrayList<String>();
    for (var key : buckets.objects(tenantId)) {
      var content = context.getBean(Archive.class).content(key).orElseThrow();
      for (var line : new String(content, StandardCharsets.UTF_8).lines().skip(1).toList()) {
        ids.add(SampleChain.MAPPER.readValue(line, AuditEntry.class).entryId());
      }
    }
    return ids;
  }

  private static byte[] gzip(byte[] content) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    }
    return out.toByteArray();
  }
}
