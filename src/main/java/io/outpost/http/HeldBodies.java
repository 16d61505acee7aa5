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
 * Counts the body bytes of all current calls, in total and by address. It cannot count by caller,
 * because callers are identified only after the body is read. Thread-safe.
 */
@Component
class HeldBodies {

  /** The request attribute with a call's share. */
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

  /** The bytes reserved by one call; used by one thread at a time. */
  final class Share implements AutoCloseable {
    private final String address;
    private long bytes;

    private Share(String address) {
      this.address = address;
    }

    /**
     * Reserves more bytes.
     *
     * @throws Problem 503 when all calls together reserve too many, 429 when the calls of this
     *     address do
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

    /** Releases the bytes; repeating it has no effect. */
    @Override
    public void close() {
      all.addAndGet(-bytes);
      var given = bytes;
      byAddress.computeIfPresent(address, (a, held) -> held == given ? null : held - given);
      bytes = 0;
    }
  }

  /** A share for a call from an address; nothing is reserved yet. */
  Share of(String address) {
    return new Share(IpAddress.network(address));
  }

  /** The bytes reserved at present. */
  long held() {
    return all.get();
  }
}
