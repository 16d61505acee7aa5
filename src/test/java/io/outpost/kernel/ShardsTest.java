package io.outpost.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A list over all shards takes as long as its slowest shard, not as long as all together. */
class ShardsTest {

  private static final List<String> SHARDS = Shards.all("open");

  @Test
  @Timeout(60)
  void readsAllShardsAtOnceAndKeepsTheirOrder() {
    var all = new CyclicBarrier(SHARDS.size());
    var read =
        Shards.read(
            SHARDS,
            shard -> {
              try {
                all.await();
              } catch (InterruptedException | BrokenBarrierException e) {
                throw new IllegalStateException(e);
              }
              return List.of(shard + "-first", shard + "-second");
            });
    assertThat(read)
        .containsExactlyElementsOf(
            SHARDS.stream()
                .flatMap(shard -> List.of(shard + "-first", shard + "-second").stream())
                .toList());
  }

  @Test
  void failsAsTheFailedShardDoes() {
    assertThatThrownBy(
            () ->
                Shards.read(
                    SHARDS,
                    shard -> {
                      throw new UnsupportedOperationException(shard);
                    }))
        .isExactlyInstanceOf(UnsupportedOperationException.class);
  }
}
