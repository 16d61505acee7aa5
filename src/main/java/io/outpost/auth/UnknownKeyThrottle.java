package io.outpost.auth;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.outpost.kernel.Problem;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.stereotype.Component;

/**
 * Bounds how many unknown keys an address may have looked up, so that guessing costs us next to
 * nothing. Thread-safe.
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
   * Refuses an address that had too many unknown keys looked up.
   *
   * @throws Problem 429
   */
  void admit(String address) {
    var count = misses.getIfPresent(network(address));
    if (count != null && count.get() >= most) {
      throw new Problem(
          Problem.Code.RATE_LIMITED,
          "Too many unknown API keys came from this address; wait a minute.",
          List.of(),
          Map.of("Retry-After", Long.toString(WINDOW.toSeconds())));
    }
  }

  /** Counts an unknown key. */
  void missed(String address) {
    misses.get(network(address), a -> new AtomicInteger()).incrementAndGet();
  }

  /** Of IPv6 the first 64 bits: one caller has all addresses that begin with them. */
  private static String network(String address) {
    if (!address.contains(":")) {
      return address;
    }
    try {
      var bytes = InetAddress.getByName(address).getAddress();
      return HexFormat.of().formatHex(bytes, 0, Math.min(8, bytes.length));
    } catch (UnknownHostException e) {
      return address;
    }
  }
}
