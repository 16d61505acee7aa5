package io.outpost.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.outpost.http.IpAddress;
import io.outpost.kernel.Problem;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.stereotype.Component;

/**
 * Limits the look-ups of unknown keys for each address, so that guessing keys costs us little.
 * Thread-safe.
 */
@Component
class UnknownKeyThrottle {

  private static final Duration WINDOW = Duration.ofMinutes(1);
  private static final int ADDRESSES = 50_000;

  private final Cache<String, AtomicInteger> misses =
      Caffeine.newBuilder().maximumSize(ADDRESSES).expireAfterWrite(WINDOW).build();
  private final int most;

  UnknownKeyThrottle(AuthSettings settings) {
    this.most = settings.unknownKeysPerMinute();
  }

  /**
   * Refuses an address that has looked up too many unknown keys.
   *
   * @throws Problem 429
   */
  void admit(String address) {
    var count = misses.getIfPresent(IpAddress.network(address));
    if (count != null && count.get() >= most) {
      throw new Problem(
          Problem.Code.RATE_LIMITED,
          "Too many unknown API keys came from this address; wait a minute.",
          List.of(),
          Map.of("Retry-After", Long.toString(WINDOW.toSeconds())));
    }
  }

  /** Counts a look-up of an unknown key. */
  void missed(String address) {
    misses.get(IpAddress.network(address), a -> new AtomicInteger()).incrementAndGet();
  }
}
