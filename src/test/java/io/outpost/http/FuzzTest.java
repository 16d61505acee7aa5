package io.outpost.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.blackbox.Customer;
import io.outpost.local.SharedOutpost;
import io.outpost.local.Sizes;
import io.outpost.local.TwoApis;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Random requests to every operation, generated from the OpenAPI document and a seed, get answers
 * with a status, media type and schema of that document, and never a 500.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class FuzzTest {

  private static final long SEED = Long.getLong("fuzz.seed", 15);
  private static final int REQUESTS = Integer.getInteger("fuzz.requests", Sizes.of(1500, 10_000));

  /** A 503 is no fault here: Stripe is missing, and some calls are told to retry. */
  private static final Set<Integer> EXPECTED_FAULTS = Set.of(503);

  private static final String SPARE = "spare tenant";
  private static final String NO_TENANT = "00000000-0000-0000-0000-00000000000f";

  private static final List<String> MADE =
      List.of("job_id", "key_id", "webhook_id", "delivery_id", "export_id");

  private static final List<String> TEXTS =
      List.of(
          "",
          " ",
          "a",
          "\u0000",
          "\n",
          "\u00a0",
          "😀",
          "null",
          "-1",
          "1e99",
          "true",
          "[]",
          "{}",
          "../..",
          "%00",
          "%2f",
          "<script>",
          "' OR 1=1",
          "${jndi:x}",
          "a".repeat(300),
          "💥".repeat(50),
          "9999999999",
          "2026-11-21T22:38:00Z",
          "9999-12-31T23:59:59.999Z",
          "1970-01-01T00:00:00+00:00",
          "01ARZ3NDEKTSV4RRFFQ69G5FAV",
          "00000000-0000-0000-0000-000000000000",
          "pending",
          "free",
          "claude",
          "dev@acme.example",
          "https://a.example/x?y=z",
          "\\ud800");

  private final Random random = new Random(SEED);
  private final ObjectMapper json = new ObjectMapper();
  private final Contract contract;
  private final Client admin;
  private final Customer customer;
  private final Map<String, String> made = new HashMap<>();
  private int left = REQUESTS;

  FuzzTest(TwoApis apis) {
    this.contract = apis.bean(Contract.class);
    this.admin = apis.admin();
    this.customer = Customer.of(admin, "enterprise");
    made.put("job_id", customer.client().submit("claude", "Say hello"));
  }

  @Test
  void everyAnswerIsOneOfTheDocument() {
    var operations = StreamSupport.stream(contract.operations().spliterator(), false).toList();
    var due = new ArrayList<Operation>();
    while (left-- > 0) {
      if (due.isEmpty()) {
        due.addAll(operations);
        Collections.shuffle(due, random);
      }
      send(due.removeLast());
    }
  }

  private void send(Operation operation) {
    var path = path(operation) + query(operation);
    var headers = headers(operation);
    var body = body(operation);
    var caller = random.nextInt(4) == 0 ? admin : customer.client();
    var answer = caller.send(operation.method(), path, headers, BodyPublishers.ofByteArray(body));
    var as =
        "seed %d, request %d: %s %s %s %s -> %s"
            .formatted(
                SEED,
                REQUESTS - left,
                operation.method(),
                path,
                headers,
                new String(body, StandardCharsets.UTF_8),
                answer);
    check(operation, answer, as);
    if (answer.status() == 201 || answer.status() == 202) {
      remember(operation, answer.json());
    }
  }

  /** Remembers created resources, so that later requests read, change and delete them. */
  private void remember(Operation operation, JsonNode answer) {
    if (operation.id().equals("createTenant")) {
      made.put(SPARE, answer.get("tenant_id").asText());
    }
    for (var name : MADE) {
      if (answer.has(name)) {
        made.put(name, answer.get(name).asText());
      }
    }
  }

  private void check(Operation operation, Answer answer, String as) {
    assertThat(answer.status()).as(as).matches(s -> s < 500 || EXPECTED_FAULTS.contains(s));
    assertThat(answer.header("X-Request-Id")).as(as).isNotEmpty();
    if (answer.status() >= 400) {
      assertThat(answer.header("Content-Type")).as(as).isEqualTo("application/problem+json");
      fits("Problem", answer, as);
      return;
    }
    var responses = documented(operation);
    assertThat(responses.has(Integer.toString(answer.status()))).as(as).isTrue();
    var schema = resolved(responses.get(Integer.toString(answer.status())));
    var reference = schema.at("/content/application~1json/schema/$ref").asText();
    if (!reference.isEmpty() && answer.header("Content-Type").equals("application/json")) {
      fits(reference.substring(reference.lastIndexOf('/') + 1), answer, as);
    }
  }

  private void fits(String schema, Answer answer, String as) {
    assertThat(
            contract
                .schema(schema)
                .validate(
                    answer.json(),
                    c -> c.executionConfig(config -> config.formatAssertionsEnabled(true))))
        .as(as)
        .isEmpty();
  }

  private JsonNode documented(Operation operation) {
    return contract
        .document()
        .at("/paths/" + operation.path().replace("~", "~0").replace("/", "~1"))
        .get(operation.method().toLowerCase(java.util.Locale.ROOT))
        .get("responses");
  }

  private JsonNode resolved(JsonNode node) {
    return node.has("$ref") ? contract.document().at(node.get("$ref").asText().substring(1)) : node;
  }

  private String path(Operation operation) {
    var parts = new ArrayList<String>();
    for (var part : operation.path().split("/", -1)) {
      parts.add(part.startsWith("{") ? encoded(parameter(operation, part)) : part);
    }
    return String.join("/", parts);
  }

  private String parameter(Operation operation, String part) {
    if (operation.id().equals("deleteTenant")) {
      // Uses a spare tenant, because the other requests need their own.
      return made.getOrDefault(SPARE, NO_TENANT);
    }
    if (random.nextInt(5) == 0) {
      return text().isEmpty() ? "x" : text();
    }
    return switch (part) {
      case "{tenant_id}" -> customer.tenantId();
      case "{name}" -> "FUZZED_" + random.nextInt(5);
      default -> made.getOrDefault(part.replaceAll("[{}]", ""), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
    };
  }

  private String query(Operation operation) {
    var pairs = new ArrayList<String>();
    for (var parameter : operation.parameters()) {
      if (parameter.in() == Operation.Place.query && random.nextInt(3) == 0) {
        pairs.add(parameter.name() + "=" + encoded(text()));
      }
    }
    if (random.nextInt(20) == 0) {
      pairs.add(encoded(text()) + "=" + encoded(text()));
    }
    return pairs.isEmpty() ? "" : "?" + String.join("&", pairs);
  }

  private HashMap<String, String> headers(Operation operation) {
    var headers = new HashMap<String, String>();
    headers.put("Content-Type", random.nextInt(20) == 0 ? "text/plain" : "application/json");
    for (var parameter : operation.parameters()) {
      if (parameter.in() == Operation.Place.header && random.nextInt(3) == 0) {
        headers.put(parameter.name(), "fuzz-" + random.nextInt(50));
      }
    }
    return headers;
  }

  private byte[] body(Operation operation) {
    if (operation.body() == null) {
      return new byte[0];
    }
    return switch (random.nextInt(12)) {
      case 0 -> "{".repeat(random.nextInt(2000)).getBytes(StandardCharsets.UTF_8);
      case 1 -> noise();
      case 2 -> value(2).toString().getBytes(StandardCharsets.UTF_8);
      default ->
          object(operation.body().getSchemaNode()).toString().getBytes(StandardCharsets.UTF_8);
    };
  }

  /** Some fields of the schema, each with a value that may be valid. */
  private ObjectNode object(JsonNode schema) {
    var object = json.createObjectNode();
    var properties = resolved(schema).path("properties");
    for (var field : properties.properties()) {
      if (random.nextInt(4) > 0) {
        object.set(field.getKey(), fitting(resolved(field.getValue())));
      }
    }
    if (random.nextInt(15) == 0) {
      object.set(text(), value(1));
    }
    return object;
  }

  private JsonNode fitting(JsonNode schema) {
    if (random.nextInt(4) == 0) {
      return value(2);
    }
    if (schema.has("enum")) {
      return schema.get("enum").get(random.nextInt(schema.get("enum").size()));
    }
    if (schema.has("examples")) {
      return schema.get("examples").get(0);
    }
    return switch (schema.path("type").asText()) {
      case "integer" -> JsonNodeFactory.instance.numberNode(random.nextInt(100));
      case "array" -> json.createArrayNode().add(fitting(resolved(schema.path("items"))));
      default -> JsonNodeFactory.instance.textNode(text());
    };
  }

  private JsonNode value(int depth) {
    return switch (random.nextInt(depth == 0 ? 5 : 7)) {
      case 0 -> JsonNodeFactory.instance.nullNode();
      case 1 -> JsonNodeFactory.instance.booleanNode(true);
      case 2 -> JsonNodeFactory.instance.numberNode(random.nextLong());
      case 3 -> JsonNodeFactory.instance.numberNode(random.nextDouble() * 1e30);
      case 4 -> JsonNodeFactory.instance.textNode(text());
      case 5 -> json.createArrayNode().add(value(depth - 1)).add(value(depth - 1));
      default -> json.createObjectNode().set(text(), value(depth - 1));
    };
  }

  private byte[] noise() {
    var bytes = new byte[random.nextInt(200)];
    random.nextBytes(bytes);
    return bytes;
  }

  private String text() {
    return TEXTS.get(random.nextInt(TEXTS.size()));
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
