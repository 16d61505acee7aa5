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
 * Runs the route of an operation on the request's own thread, which is virtual and may wait. With
 * Spring's servlet the route would run on a second thread and its answer end on a third, with
 * another pass through the web server each time. Thread-safe.
 */
@Component("platform-http-engine")
class RouteServer implements PlatformHttpEngine {

  private final int port;

  /** The consumer that starts the routes of all operations; null until Camel has built it. */
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

  /** Whether the operations are built. A worker has none. */
  boolean areBuilt() {
    return operations != null;
  }

  /** Serves a request; returns when the answer is written. */
  void serve(HttpServletRequest request, HttpServletResponse response) {
    Objects.requireNonNull(operations, "Routes are built").service(request, response).join();
  }
}
