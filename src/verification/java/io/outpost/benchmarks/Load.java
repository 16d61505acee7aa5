package io.outpost.benchmarks;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/**
 * Clients that repeat a request, each on its own connection: after each answer, or at a fixed
 * rate. They parse only the necessary part of HTTP, so that the load costs little.
 */
final class Load {

  private final byte[] request;
  private final int port;
  private final int expected;

  /**
   * @param expected the status that every answer must have
   */
  Load(int port, String method, String path, String key, String body, int expected) {
    this.port = port;
    this.expected = expected;
    this.request =
        """
        %s %s HTTP/1.1
        Host: 127.0.0.1
        User-Agent: benchmark
        Authorization: Bearer %s
        Content-Type: application/json
        Content-Length: %d

        """
            .formatted(method, path, key, body.length())
            .replace("\n", "\r\n")
            .concat(body)
            .getBytes(StandardCharsets.UTF_8);
  }

  /**
   * What was measured.
   *
   * @param seconds from the first request to the last answer
   * @param nanos of each request, ascending
   */
  record Measured(double seconds, long[] nanos) {

    double perSecond() {
      return nanos.length / seconds;
    }

    /** In milliseconds. */
    double percentile(double share) {
      return nanos[(int) Math.min(nanos.length - 1L, (long) (share * nanos.length))] / 1e6;
    }
  }

  /** Sends the requests from this many clients; a free client sends the next one. */
  Measured run(int clients, int requests) {
    var nanos = new long[requests];
    var next = new AtomicInteger();
    var began = System.nanoTime();
    together(
        clients,
        () ->
            client(
                send -> {
                  for (int i = next.getAndIncrement(); i < requests; i = next.getAndIncrement()) {
                    var sent = System.nanoTime();
                    send.once();
                    nanos[i] = System.nanoTime() - sent;
                  }
                }));
    var seconds = (System.nanoTime() - began) / 1e9;
    Arrays.sort(nanos);
    return new Measured(seconds, nanos);
  }

  /**
   * Sends requests at a fixed rate, whether earlier ones were answered or not (open loop);
   * returns the nanoseconds from the time each was due, so that waiting for a slow request
   * counts.
   */
  Histogram atRate(int clients, int perSecond, int requests) {
    var histogram = new ConcurrentHistogram(3);
    var next = new AtomicInteger();
    var began = System.nanoTime();
    together(
        clients,
        () ->
            client(
                send -> {
                  for (int i = next.getAndIncrement(); i < requests; i = next.getAndIncrement()) {
                    var due = began + i * TimeUnit.SECONDS.toNanos(1) / perSecond;
                    for (long left = due - System.nanoTime();
                        left > 0;
                        left = due - System.nanoTime()) {
                      LockSupport.parkNanos(left);
                    }
                    send.once();
                    histogram.recordValue(System.nanoTime() - due);
                  }
                }));
    return histogram;
  }

  private static void together(int clients, Runnable client) {
    var running =
        IntStream.range(0, clients)
            .mapToObj(
                c -> CompletableFuture.runAsync(client, task -> Thread.ofPlatform().start(task)))
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(running).join();
  }

  /** Sends the request and reads its answer. */
  private interface Request {
    void once() throws IOException;
  }

  private interface Client {
    void use(Request request) throws IOException;
  }

  private void client(Client client) {
    try (var socket = new Socket("127.0.0.1", port)) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(30_000);
      var in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
      client.use(
          () -> {
            socket.getOutputStream().write(request);
            readAnswer(in);
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void readAnswer(InputStream in) throws IOException {
    var status = line(in);
    var length = 0;
    var chunked = false;
    for (var header = line(in); !header.isEmpty(); header = line(in)) {
      var lower = header.toLowerCase(Locale.ROOT);
      if (lower.startsWith("content-length:")) {
        length = Integer.parseInt(lower.substring(15).strip());
      }
      chunked |= lower.equals("transfer-encoding: chunked");
    }
    var body = chunked ? chunks(in) : in.readNBytes(length);
    if (!status.startsWith("HTTP/1.1 " + expected)) {
      throw new IOException(status + " " + new String(body, StandardCharsets.UTF_8));
    }
  }

  private static byte[] chunks(InputStream in) throws IOException {
    var first = new byte[0];
    for (int size = Integer.parseInt(line(in), 16);
        size > 0;
        size = Integer.parseInt(line(in), 16)) {
      var chunk = in.readNBytes(size);
      first = first.length == 0 ? chunk : first;
      line(in);
    }
    line(in);
    return first;
  }

  private static String line(InputStream in) throws IOException {
    var line = new StringBuilder(64);
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("The connection was closed");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }
}
