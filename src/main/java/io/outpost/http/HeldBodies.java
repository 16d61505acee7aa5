package io.outpost.http;

import io.outpost.kernel.Problem;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import org.springframework.util.unit.DataSize;

/**
 * How many bytes the bodies of all calls under way hold: together, and those of one address.
 * Whoever sends them is known only later. Thread-safe.
 */
@Component
class HeldBodies {

  /** The request attribute that holds a call's share. */
  static final String NAME = "body";

  private static final String SOON = "2";

  private final long most;
  private final long mostOfAddress;
  private final AtomicLong all = new AtomicLong();
  private final Map<String, Long> byAddress = new ConcurrentHashMap<>();

  HeldBodies(
      @Value("${outpost.http.bodies}") DataSize most,
      @Value("${outpost.http.bodies-of-address}") DataSize mostOfAddress) {
    this.most = most.toBytes();
    this.mostOfAddress = mostOfAddress.toBytes();
  }

  /** The bytes that one call holds; for one thread at a time. */
  final class Share implements AutoCloseable {
    private final String address;
    private long bytes;

    private Share(String address) {
      this.address = address;
    }

    /**
     * Takes room for more bytes.
     *
     * @throws Problem 503 when all calls hold too many, 429 when those of the address do
     */
    void grow(int more) {
      bytes += more;
      var total = all.addAndGet(more);
      var ofAddress = byAddress.merge(address, (long) more, Long::sum);
      if (ofAddress > mostOfAddress) {
        close();
        throw new Problem(
            Problem.Code.RATE_LIMITED,
            "Your address sends too many bodies at once; wait for answers before you send more.",
            List.of(),
            Map.of("Retry-After", SOON));
      }
      if (total > most) {
        close();
        throw Problem.unavailable("Too many bodies are being sent at once; try again shortly.");
      }
    }

    /** Gives the room back; again does nothing. */
    @Override
    public void close() {
      all.addAndGet(-bytes);
      var given = bytes;
      byAddress.computeIfPresent(address, (a, held) -> held == given ? null : held - given);
      bytes = 0;
    }
  }

  /** A share of the room for a call from an address; none is taken yet. */
  Share of(String address) {
    return new Share(IpAddress.network(address));
  }

  /** The bytes held now. */
  long held() {
    return all.get();
  }
}
