package io.outpost.local;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;

/**
 * AWS Secrets Manager (AWS JSON 1.1): versions and stages, rotation settings, recovery window.
 * Credentials are not checked. Thread-safe: it handles one request at a time.
 */
final class SecretsManagerEmulator implements EmbeddedService {

  private static final String TARGET = "secretsmanager.";

  private final ObjectMapper json = new ObjectMapper();
  private final SecretOperations operations;
  private final LoopbackServer server;

  private SecretsManagerEmulator(SecretOperations operations) throws IOException {
    this.operations = operations;
    this.server = LoopbackServer.start(this::answer);
  }

  /** Starts the service with the secrets of a folder, or empty and in memory. */
  static SecretsManagerEmulator start(Optional<Path> folder, String region, Clock clock)
      throws IOException {
    return new SecretsManagerEmulator(new SecretOperations(new SecretStore(folder), region, clock));
  }

  @Override
  public URI endpoint() {
    return server.endpoint();
  }

  @Override
  public void close() {
    server.close();
  }

  private LoopbackServer.Answer answer(HttpExchange exchange) {
    try {
      String target = exchange.getRequestHeaders().getFirst("X-Amz-Target");
      if (target == null || !target.startsWith(TARGET)) {
        throw new AwsError(400, "UnknownOperationException", "No operation was named.");
      }
      JsonNode request = json.readTree(LoopbackServer.body(exchange));
      return json(200, perform(target.substring(TARGET.length()), request));
    } catch (JsonProcessingException e) {
      return error(new AwsError(400, "SerializationException", "The body is not JSON."));
    } catch (AwsError e) {
      return error(e);
    }
  }

  private synchronized ObjectNode perform(String operation, JsonNode request) {
    return operations.perform(operation, request);
  }

  private static LoopbackServer.Answer error(AwsError error) {
    return json(
        error.status(),
        JsonNodeFactory.instance
            .objectNode()
            .put("__type", error.code())
            .put("Message", error.getMessage()));
  }

  private static LoopbackServer.Answer json(int status, ObjectNode body) {
    return new LoopbackServer.Answer(status, "application/x-amz-json-1.1", body.toString());
  }
}
