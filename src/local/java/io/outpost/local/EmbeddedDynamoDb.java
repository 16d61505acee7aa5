package io.outpost.local;

import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBRequestHandler;
import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBServerHandler;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * DynamoDB Local. Its request handler runs on a server of our own, because DynamoDB Local's server
 * listens on every network interface and reports its use to AWS.
 */
final class EmbeddedDynamoDb implements EmbeddedService {

  // DynamoDB Local silences its database by a logger that it does not keep. After a garbage
  // collection each connection would print to standard error, so the logger is kept here.
  private static final Logger DATABASE = Logger.getLogger("com.almworks.sqlite4java");

  static {
    DATABASE.setLevel(Level.WARNING);
  }

  private final ThreadGroup threads = new ThreadGroup("dynamodb");
  private final Server server = new Server(new QueuedThreadPool(64, 4, 60_000, -1, null, threads));
  private final ServerConnector connector = new ServerConnector(server);
  private final LocalDynamoDBServerHandler handler;

  private EmbeddedDynamoDb(LocalDynamoDBServerHandler handler) {
    this.handler = handler;
    connector.setHost("127.0.0.1");
    server.addConnector(connector);
    server.setHandler(handler);
  }

  static EmbeddedDynamoDb start(Optional<Path> folder) throws Exception {
    String path = folder.map(Path::toString).orElse(null);
    // One database serves all regions and access keys; tables are ready as soon as they are
    // created.
    var requests = new LocalDynamoDBRequestHandler(0, folder.isEmpty(), path, true, false);
    var service = new EmbeddedDynamoDb(new LocalDynamoDBServerHandler(requests, null));
    try {
      service.server.start();
    } catch (Exception e) {
      service.close();
      throw e;
    }
    return service;
  }

  @Override
  public URI endpoint() {
    return EmbeddedService.onPort(connector.getLocalPort());
  }

  @Override
  public void close() throws Exception {
    try {
      server.stop();
    } finally {
      handler.close();
      // Threads of DynamoDB Local that sleep for minutes would keep the JVM from ending.
      threads.interrupt();
    }
  }
}
