package io.outpost.worker;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * An S3 endpoint that discards an uploaded object and pauses before its end until told to continue.
 */
final class SlowStore implements AutoCloseable {

  private final long stopAt;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CountDownLatch almost = new CountDownLatch(1);
  private final CountDownLatch goOn = new CountDownLatch(1);
  private volatile long received;

  /**
   * @param size of the object, in bytes; it stops after nine tenths
   */
  SlowStore(long size) throws IOException {
    stopAt = size / 10 * 9;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::take);
    server.start();
  }

  S3Client client() {
    return S3Client.builder()
        .endpointOverride(URI.create("http://localhost:" + server.getAddress().getPort()))
        .region(Region.US_EAST_1)
        .credentialsProvider(AnonymousCredentialsProvider.create())
        .forcePathStyle(true)
        .httpClientBuilder(ApacheHttpClient.builder())
        .build();
  }

  void awaitAllButTheEnd() throws InterruptedException {
    if (!almost.await(10, TimeUnit.MINUTES)) {
      throw new IllegalStateException("Only " + received + " bytes came");
    }
  }

  void takeTheEnd() {
    goOn.countDown();
  }

  long received() {
    return received;
  }

  @Override
  public void close() {
    goOn.countDown();
    server.stop(0);
    threads.shutdownNow();
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      var buffer = new byte[64 * 1024];
      var body = exchange.getRequestBody();
      for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
        received += read;
        if (received >= stopAt) {
          almost.countDown();
          goOn.await();
        }
      }
      exchange.sendResponseHeaders(200, -1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
