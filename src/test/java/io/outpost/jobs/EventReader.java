package io.outpost.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.blackbox.Client;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/** Reads a job's event stream; it may be closed before the stream ends. */
final class EventReader implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  /** An event of the stream. */
  record Event(String id, String name, JsonNode data) {

    byte[] bytes() {
      return data.has("text")
          ? data.get("text").asText().getBytes(StandardCharsets.UTF_8)
          : Base64.getDecoder().decode(data.get("base64").asText());
    }
  }

  private final HttpResponse<InputStream> response;
  private final BufferedReader lines;

  private EventReader(HttpResponse<InputStream> response) {
    this.response = response;
    this.lines = new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8));
  }

  /** Opens the stream after the event with this id; null: from the beginning. */
  static EventReader open(Client client, String jobId, String lastEventId) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(client.address() + "/jobs/" + jobId + "/events"))
            .header("Authorization", "Bearer " + client.key());
    if (lastEventId != null) {
      request.header("Last-Event-ID", lastEventId);
    }
    return new EventReader(client.http().send(request.build(), BodyHandlers.ofInputStream()));
  }

  int status() {
    return response.statusCode();
  }

  String header(String name) {
    return response.headers().firstValue(name).orElse("");
  }

  /** The next event; null at the end of the stream. */
  Event next() throws IOException {
    String id = null;
    String name = null;
    String data = null;
    for (var line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.isEmpty() && data != null) {
        return new Event(id, name, JSON.readTree(data));
      } else if (line.startsWith("id: ")) {
        id = line.substring(4);
      } else if (line.startsWith("event: ")) {
        name = line.substring(7);
      } else if (line.startsWith("data: ")) {
        data = line.substring(6);
      }
    }
    return null;
  }

  List<Event> rest() throws IOException {
    var events = new ArrayList<Event>();
    for (var event = next(); event != null; event = next()) {
      events.add(event);
    }
    return events;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
