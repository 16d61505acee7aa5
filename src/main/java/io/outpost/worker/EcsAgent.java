package io.outpost.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * A client of the ECS agent beside this container, at the address that ECS sets. A request takes at
 * most three seconds and never throws, because callers repeat it by a timer. Thread-safe.
 */
@Profile({"worker", "local"})
@Component
class EcsAgent {

  private static final Logger LOG = LoggerFactory.getLogger(EcsAgent.class);
  private static final Duration PATIENCE = Duration.ofSeconds(3);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** The result of a request. */
  enum Answer {
    DONE,
    /** ECS refused, because protected tasks block a deployment. */
    DEPLOYMENT_BLOCKED,
    FAILED
  }

  private final String address;
  private final HttpClient client = HttpClient.newBuilder().connectTimeout(PATIENCE).build();

  EcsAgent(@Value("${outpost.worker.ecs-agent}") String address) {
    this.address = address;
  }

  boolean isThere() {
    return !address.isBlank();
  }

  /** Protects this task from scale-in and deployments for a time, or ends the protection. */
  Answer protect(boolean enabled, Duration time) {
    var body =
        JSON.createObjectNode()
            .put("ProtectionEnabled", enabled)
            .put("ExpiresInMinutes", time.toMinutes());
    var request =
        HttpRequest.newBuilder(URI.create(address + "/task-protection/v1/state"))
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .PUT(HttpRequest.BodyPublishers.ofString(body.toString()))
            .build();
    try {
      return read(client.send(request, HttpResponse.BodyHandlers.ofString()), enabled);
    } catch (IOException e) {
      LOG.warn("ECS did not answer about this task's protection: {}", e.toString());
      return Answer.FAILED;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Answer.FAILED;
    }
  }

  /** A refusal has an error status, or status 200 with a failure in the body. */
  private static Answer read(HttpResponse<String> response, boolean enabled)
      throws JsonProcessingException {
    var answer = JSON.readTree(response.body());
    if (response.statusCode() == 200
        && answer.path("protection").path("ProtectionEnabled").asBoolean(!enabled) == enabled) {
      return Answer.DONE;
    }
    var reason = answer.path("failure").path("Reason").asText();
    LOG.warn("ECS refused this task's protection: {} {}", response.statusCode(), reason);
    return reason.equals("DEPLOYMENT_BLOCKED") ? Answer.DEPLOYMENT_BLOCKED : Answer.FAILED;
  }
}
