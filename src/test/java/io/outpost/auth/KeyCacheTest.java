package io.outpost.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.aws.AwsProbe;
import io.outpost.aws.Names;
import io.outpost.blackbox.Customer;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import io.outpost.store.Items;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;

/**
 * A container caches keys for a limited time and up to a limited number; concurrent requests for a
 * key share one read.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class KeyCacheTest {

  private static final Duration LONG = Duration.ofMinutes(5);
  private static final int MOST = 20;

  private final TwoApis apis;
  private final String hash;

  KeyCacheTest(TwoApis apis) {
    this.apis = apis;
    this.hash = hash(Customer.of(apis.admin(), "pro").client().key());
  }

  @Test
  void aKeyIsReadOnceForAllWhoAskAndThenKnown() throws Exception {
    var keys = keys(LONG, LONG);
    var reads = reads();
    var together = new CyclicBarrier(50);
    var threads = new ArrayList<Thread>();
    for (int i = 0; i < together.getParties(); i++) {
      threads.add(
          Thread.startVirtualThread(
              () -> {
                meet(together);
                assertThat(keys.find(hash)).isPresent();
              }));
    }
    for (var thread : threads) {
      thread.join();
    }
    assertThat(keys.known(hash)).isPresent();
    // The index gives the key's owner; then the key and its tenant are read.
    assertThat(reads).extracting(AwsProbe.Call::operation).containsExactly("Query", "BatchGetItem");
  }

  @Test
  void aKeyIsReadAgainAfterTheTimeThatItIsTrusted() {
    var keys = keys(Duration.ofMillis(1), LONG);
    assertThat(keys.find(hash)).isPresent();
    await().until(() -> keys.known(hash).isEmpty());
    var reads = reads();
    assertThat(keys.find(hash)).isPresent();
    assertThat(reads).isNotEmpty();
  }

  @Test
  void anUnknownKeyIsReadAgainAfterAShorterTime() {
    var unknown = hash("op_live_" + "d".repeat(32));
    var reads = reads();
    var patient = keys(LONG, LONG);
    for (int i = 0; i < 10; i++) {
      assertThat(patient.find(unknown)).isEmpty();
    }
    assertThat(reads).hasSize(1);
    var impatient = keys(LONG, Duration.ofMillis(1));
    await()
        .untilAsserted(
            () -> {
              assertThat(impatient.find(unknown)).isEmpty();
              assertThat(reads).hasSizeGreaterThan(2);
            });
  }

  @Test
  void aFloodOfKeysTakesNoMoreMemoryThanItsShare() {
    var keys = keys(LONG, LONG);
    var hashes = IntStream.range(0, 500).mapToObj(i -> hash("op_live_%032x".formatted(i))).toList();
    hashes.forEach(keys::find);
    await()
        .untilAsserted(
            () -> {
              var reads = reads();
              hashes.forEach(unknown -> assertThat(keys.find(unknown)).isEmpty());
              assertThat(reads).hasSizeGreaterThanOrEqualTo(hashes.size() - MOST);
            });
  }

  private static String hash(String key) {
    return ApiKeyText.parse(key).orElseThrow().hash();
  }

  private static void meet(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * The refusal of an expired key is the same for every key, so only the expiry is checked here.
   */
  @Test
  void theFirstOperatorsKeyEndsWhenASettingSaysAndCanBeLeftOut() {
    var first = "op_live_" + "0b".repeat(16);
    var end = Instant.parse("2026-12-24T00:00:00Z");
    var settings =
        new AuthSettings(first, LONG, LONG, MOST, 1, Map.of(), 1, 5, Map.of(), end, LONG);
    var key = keys(settings).known(hash(first)).orElseThrow().key();
    assertThat(key.expiresAt()).isEqualTo(end);
    assertThat(keys(LONG, LONG).find(hash(first))).isEmpty();
  }

  private KeyStore keys(Duration cacheFor, Duration unknownFor) {
    return keys(
        new AuthSettings("", cacheFor, unknownFor, MOST, 1, Map.of(), 1, 5, Map.of(), null, LONG));
  }

  private KeyStore keys(AuthSettings settings) {
    return new KeyStore(
        apis.bean(DynamoDbClient.class), apis.bean(Items.class), apis.bean(Names.class), settings);
  }

  /** Records the reads of keys from now on. */
  private List<AwsProbe.Call> reads() {
    return apis.probe()
        .record(
            call ->
                call.operation().equals("BatchGetItem")
                    || call.operation().equals("Query") && call.mentions("api-key"));
  }
}
