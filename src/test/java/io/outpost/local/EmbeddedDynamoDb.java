package io.outpost.local;

import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBRequestHandler;
import com.amazonaws.services.dynamodbv2.local.server.LocalDynamoDBServerHandler;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * DynamoDB Local. Its request handler runs on a server of ours, because its own one listens on
 * every network interface and reports its use to AWS.
 */
final class EmbeddedDynamoDb implements EmbeddedService {

  private final Server server;
  private final LocalDynamoDBServerHandler handler;

  private EmbeddedDynamoDb(Server server, LocalDynamoDBServerHandler handler) {
    this.server = server;
    this.handler = handler;
  }

  static EmbeddedDynamoDb start(Optional<Path> folder) throws Exception {
    String path = folder.map(Path::toString).orElse(null);
    // One database for all regions and access keys; tables are ready as soon as they are created.
    var requests = new LocalDynamoDBRequestHandler(0, folder.isEmpty(), path, true, false);
    var service =
        new EmbeddedDynamoDb(
            new Server(new InetSocketAddress("127.0.0.1", 0)),
            new LocalDynamoDBServerHandler(requests, null));
    service.server.setHandler(service.handler);
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
    return EmbeddedService.onPort(((ServerConnector) server.getConnectors()[0]).getLocalPort());
  }

  @Override
  public void close() throws Exception {
    try {
      server.stop();
    } finally {
      handler.close();
    }
  }
}
