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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Clients that send the same request again and again, each over a connection of its own and only
 * when the last one was answered. It reads of HTTP no more than it must, so that the load costs
 * little beside what is measured.
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

  /** Sends so many requests from so many clients; whoever is free sends the next. */
  Measured run(int clients, int requests) {
    var nanos = new long[requests];
    var next = new AtomicInteger();
    var began = System.nanoTime();
    var running =
        IntStream.range(0, clients)
            .mapToObj(
                c ->
                    CompletableFuture.runAsync(
                        () -> client(next, nanos), task -> Thread.ofPlatform().start(task)))
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(running).join();
    var seconds = (System.nanoTime() - began) / 1e9;
    Arrays.sort(nanos);
    return new Measured(seconds, nanos);
  }

  private void client(AtomicInteger next, long[] nanos) {
    try (var socket = new Socket("127.0.0.1", port)) {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(30_000);
      var in = new BufferedInputStream(socket.getInputStream(), 16 * 1024);
      for (int i = next.getAndIncrement(); i < nanos.length; i = next.getAndIncrement()) {
        var began = System.nanoTime();
        socket.getOutputStream().write(request);
        readAnswer(in);
        nanos[i] = System.nanoTime() - began;
      }
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
