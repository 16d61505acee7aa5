package io.outpost.blackbox;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * A client of the API that knows nothing of its inside: HTTP and JSON. An answer that the OpenAPI
 * document does not have fails the test that asked. Immutable, thread-safe.
 *
 * @param http shared by all clients of a test
 * @param address for example {@code http://localhost:8080}
 * @param key the API key that it sends; null: none
 * @param document what answers are held against; null: nothing
 */
public record Client(HttpClient http, String address, String key, DocumentedAnswers document) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LONGEST = Duration.ofMinutes(10);
  private static final Set<String> ENDED =
      Set.of("succeeded", "failed", "cancelled", "dead_letter");

  /** An answer. */
  public record Answer(int status, HttpHeaders headers, String body) {

    /** The body as JSON. */
    public JsonNode json() {
      try {
        return JSON.readTree(body);
      } catch (IOException e) {
        throw new UncheckedIOException("not JSON: " + body, e);
      }
    }

    /** A field of the body. */
    public String text(String field) {
      return json().path(field).asText();
    }

    /** The code of a problem: the last part of its type. */
    public String problem() {
      var type = text("type");
      return type.substring(type.lastIndexOf('/') + 1);
    }

    /** A header; empty when there is none. */
    public String header(String name) {
      return headers.firstValue(name).orElse("");
    }
  }

  public Client(HttpClient http, String address, String key) {
    this(http, address, key, DocumentedAnswers.INSTANCE);
  }

  /** A client without a key. */
  public static Client of(String address) {
    return new Client(HttpClient.newBuilder().connectTimeout(LONGEST).build(), address, null);
  }

  /** The same client with another key. */
  public Client with(String otherKey) {
    return new Client(http, address, otherKey, document);
  }

  /** The same client for another instance. */
  public Client at(String otherAddress) {
    return new Client(http, otherAddress, key, document);
  }

  /** A client of another release, whose answers are not compared with this release's document. */
  Client ofAnotherRelease() {
    return new Client(http, address, key, null);
  }

  /** The client of a new tenant: a key with the scopes that a key has by default. */
  public Client newTenant(String name) {
    var body = "{\"name\":\"%s\",\"email\":\"dev@%s.example\",\"tier\":\"enterprise\"}";
    var tenant = make("/tenants", body.formatted(name, name.toLowerCase(Locale.ROOT)));
    return with(
        make("/tenants/" + tenant.text("tenant_id") + "/api-keys", "{\"name\":\"first\"}")
            .text("key"));
  }

  /** Submits a job, and fails when it is not accepted. */
  public String submit(String body) {
    var answer = post("/jobs", body);
    if (answer.status() != 202) {
      throw new IllegalStateException("not accepted: " + answer);
    }
    return answer.text("job_id");
  }

  /** Submits a job with an agent and a command that need no escaping. */
  public String submit(String agent, String command) {
    return submit("{\"agent\":\"%s\",\"command\":\"%s\"}".formatted(agent, command));
  }

  /** Waits for a job's end, far longer than needed; returns the job. */
  public JsonNode ended(String jobId) {
    return await()
        .atMost(Duration.ofMinutes(3))
        .pollInterval(Duration.ofMillis(50))
        .until(
            () -> get("/jobs/" + jobId).json(), job -> ENDED.contains(job.path("status").asText()));
  }

  public Answer get(String path) {
    return send("GET", path, Map.of(), BodyPublishers.noBody());
  }

  /** Posts JSON. */
  public Answer post(String path, String json) {
    return json("POST", path, json);
  }

  /** Posts JSON to create a resource that a test needs; retries after a 503 of a busy machine. */
  public Answer make(String path, String json) {
    var once = UUID.randomUUID().toString();
    return await()
        .atMost(Duration.ofMinutes(1))
        .pollInterval(Duration.ofSeconds(1))
        .pollDelay(Duration.ZERO)
        .until(
            () -> json("POST", path, json, "Idempotency-Key", once),
            answer -> answer.status() != 503);
  }

  /** Puts JSON. */
  public Answer put(String path, String json) {
    return json("PUT", path, json);
  }

  /** Patches with JSON. */
  public Answer patch(String path, String json) {
    return json("PATCH", path, json);
  }

  public Answer delete(String path) {
    return send("DELETE", path, Map.of(), BodyPublishers.noBody());
  }

  /** Sends JSON, or nothing when it is null, with further headers as names and values in turn. */
  public Answer json(String method, String path, String json, String... headers) {
    var all = new HashMap<String, String>();
    for (int i = 0; i < headers.length; i += 2) {
      all.put(headers[i], headers[i + 1]);
    }
    if (json == null) {
      return send(method, path, all, BodyPublishers.noBody());
    }
    all.put("Content-Type", "application/json");
    return send(method, path, all, BodyPublishers.ofString(json));
  }

  /** Sends a request with any body. */
  public Answer send(String method, String path, Map<String, String> headers, BodyPublisher body) {
    var request =
        HttpRequest.newBuilder(URI.create(address + path)).timeout(LONGEST).method(method, body);
    headers.forEach(request::setHeader);
    if (key != null) {
      request.setHeader("Authorization", "Bearer " + key);
    }
    try {
      var response = http.send(request.build(), BodyHandlers.ofString());
      var answer = new Answer(response.statusCode(), response.headers(), response.body());
      if (document != null) {
        document.check(method, path, answer);
      }
      return answer;
    } catch (IOException e) {
      throw new UncheckedIOException(method + " " + path, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
