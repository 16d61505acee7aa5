package io.outpost.http;

import io.outpost.kernel.Problem;
import jakarta.servlet.http.HttpServletRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * Reads whole bodies, up to a maximum length and within a time limit, however slowly they arrive.
 * Thread-safe.
 */
@Component
class BodyReader {

  private static final int FIRST = 8192;

  /**
   * How many bytes of a body that is too large are still read. Some clients read no answer before
   * they have sent the whole body.
   */
  private static final int MOST_DISCARDED = 2 * 1024 * 1024;

  private final Duration within;

  BodyReader(@Value("${outpost.http.body-within}") Duration within) {
    this.within = within;
  }

  /**
   * The whole body; empty when it exceeds its limit.
   *
   * @param share reserves the memory for the body
   * @throws Problem 408 when the body did not arrive in time; 429 or 503 when there is no memory
   *     for it
   * @throws IOException when the body ends too early
   */
  Optional<byte[]> read(HttpServletRequest request, int most, HeldBodies.Share share)
      throws IOException {
    var clock = new Countdown(within);
    try {
      if (request.getContentLengthLong() > most) {
        discard(request.getInputStream(), clock);
        return Optional.empty();
      }
      var length = request.getContentLength();
      var room = length < 0 ? FIRST : Math.min(FIRST, length + 1);
      return read(request.getInputStream(), most, room, share, clock);
    } catch (SocketTimeoutException e) {
      throw late();
    }
  }

  private Optional<byte[]> read(
      InputStream input, int most, int room, HeldBodies.Share share, Countdown clock)
      throws IOException {
    var first = input.read();
    if (first < 0) {
      return Optional.of(new byte[0]);
    }
    var body = new byte[Math.min(room, most + 1)];
    share.grow(body.length);
    body[0] = (byte) first;
    int length = 1;
    for (int got = 0; got >= 0; length += got) {
      clock.check();
      if (length > most) {
        discard(input, clock);
        return Optional.empty();
      }
      if (length == body.length) {
        var larger = (int) Math.min(2L * body.length, most + 1L);
        share.grow(larger - body.length);
        body = Arrays.copyOf(body, larger);
      }
      got = input.read(body, length, body.length - length);
      if (got < 0) {
        break;
      }
    }
    return Optional.of(Arrays.copyOf(body, length));
  }

  private static void discard(InputStream input, Countdown clock) throws IOException {
    var waste = new byte[FIRST];
    int discarded = 0;
    while (discarded < MOST_DISCARDED) {
      var got = input.read(waste);
      if (got < 0) {
        return;
      }
      discarded += got;
      clock.check();
    }
  }

  private Problem late() {
    return new Problem(
        Problem.Code.REQUEST_TIMEOUT,
        "The body did not come within %d seconds.".formatted(within.toSeconds()));
  }

  /** Measures time by a clock that nobody sets, unlike the machine's. */
  private final class Countdown {
    private final long began = System.nanoTime();
    private final long nanoseconds;

    Countdown(Duration time) {
      nanoseconds = time.toNanos();
    }

    void check() {
      if (System.nanoTime() - began > nanoseconds) {
        throw late();
      }
    }
  }
}
