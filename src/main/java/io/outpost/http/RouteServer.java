package io.outpost.http;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Objects;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.spi.PlatformHttpEngine;
import org.apache.camel.component.platform.http.springboot.SpringBootPlatformHttpConsumer;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * Runs the route of an operation on the request's own thread, which is virtual and may wait.
 * Through Spring's servlet the route would run on a second thread and its answer end on a third,
 * each time with another pass through the web server. Thread-safe.
 */
@Component("platform-http-engine")
class RouteServer implements PlatformHttpEngine {

  private final int port;

  /** The start of all operations' routes, of which there is one; null until it is built. */
  private volatile @Nullable SpringBootPlatformHttpConsumer operations;

  RouteServer(@Value("${server.port}") int port) {
    this.port = port;
  }

  @Override
  public PlatformHttpConsumer createConsumer(PlatformHttpEndpoint endpoint, Processor route) {
    var consumer = new SpringBootPlatformHttpConsumer(endpoint, route, Runnable::run);
    operations = consumer;
    return consumer;
  }

  @Override
  public int getServerPort() {
    return port;
  }

  /** Not in a worker, which has no operations. */
  boolean areBuilt() {
    return operations != null;
  }

  /** Returns when the answer is written. */
  void serve(HttpServletRequest request, HttpServletResponse response) {
    Objects.requireNonNull(operations, "Routes are built").service(request, response).join();
  }
}
