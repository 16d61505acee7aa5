package io.outpost.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import io.outpost.kernel.Problem;
import io.outpost.kernel.Problem.FieldError;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/** Checks a call against the contract and names all faults at once. Thread-safe. */
@Component
public class Validation {

  /**
   * The largest body, in bytes, that is checked on the request's own thread without a limit on how
   * many at once.
   */
  private static final int SMALL = 8192;

  /**
   * The maximum number of faults in an answer: a client corrects only a few, and thousands would
   * make the answer larger than the request.
   */
  private static final int MOST_ERRORS = 100;

  /** The maximum number of faults that are explained for one entry. */
  private static final int MOST_ENTRY_ERRORS = 10;

  /** The number of threads that carry virtual threads. */
  private static final int CARRIERS =
      Math.max(2, Integer.getInteger("jdk.virtualThreadScheduler.parallelism", 8));

  /** How a sentence names the types of JSON. */
  private static final Map<String, String> TYPES =
      Map.of(
          "string", "a string",
          "integer", "a whole number",
          "number", "a number",
          "boolean", "true or false",
          "object", "an object",
          "array", "a list",
          "null", "null");

  private final ObjectMapper mapper;
  private final Contract contract;
  private final Semaphore large = new Semaphore(CARRIERS / 2);

  Validation(ObjectMapper mapper, Contract contract) {
    this.mapper = mapper;
    this.contract = contract;
  }

  /**
   * The declared parameters of the call, checked, with defaults filled in. Headers are only
   * checked; steps read them from the call.
   *
   * @param pathValues path parameters by name
   * @throws Problem 400 naming each parameter; 404 when the path cannot name any resource
   */
  public Map<String, Object> parameters(Call call, Map<String, String> pathValues) {
    var values = new TreeMap<String, Object>();
    var errors = new ArrayList<FieldError>();
    for (var parameter : call.operation().parameters()) {
      var given = given(parameter, call, pathValues);
      if (given == null || given.length == 0) {
        if (parameter.fallback() != null) {
          values.put(parameter.name(), parameter.fallback());
        } else if (parameter.required()) {
          errors.add(new FieldError(parameter.name(), "is required"));
        }
      } else if (parameter.list()) {
        errors.addAll(faults(parameter.schema(), texts(given), parameter.name()));
        values.put(parameter.name(), List.of(given));
      } else if (given.length > 1) {
        errors.add(new FieldError(parameter.name(), "may be given once"));
      } else {
        var value = node(parameter, given[0]);
        var faults = faults(parameter.schema(), value, parameter.name());
        if (!faults.isEmpty() && parameter.inPath() && !call.operation().isNamedBy(parameter)) {
          throw Problem.notFound("resource");
        }
        errors.addAll(faults);
        if (parameter.in() != Operation.Place.header) {
          values.put(parameter.name(), value.isNumber() ? value.numberValue() : given[0]);
        }
      }
    }
    if (isHealth(call)) {
      refuse(errors);
      return values;
    }
    if (call.hasMalformedQuery()) {
      errors.add(new FieldError("query", "is not percent-encoded UTF-8, or is too long"));
    }
    for (var name : call.queryNames()) {
      if (call.operation().parameters().stream()
          .noneMatch(p -> p.in() == Operation.Place.query && p.name().equals(name))) {
        errors.add(new FieldError(printable(name), "is not a parameter of this operation"));
      }
    }
    refuse(errors);
    return values;
  }

  /** Whether this is a health check. Load balancers and monitors may add any query to it. */
  private static boolean isHealth(Call call) {
    return call.operation().path().startsWith("/health");
  }

  /**
   * The call's JSON body, checked.
   *
   * @throws Problem 415 for another media type, 400 naming each field
   */
  public JsonNode body(Call call) {
    if (call.body().length > 0) {
      JsonMedia.require(call);
    } else if (!call.operation().bodyRequired()) {
      return mapper.createObjectNode();
    }
    return call.body().length <= SMALL ? check(call) : checkInTurn(call);
  }

  /**
   * Checks a large body when it is its turn. Checking blocks the carrier of a virtual thread, so
   * several large bodies at once could stop all requests.
   */
  private JsonNode checkInTurn(Call call) {
    large.acquireUninterruptibly();
    try {
      return check(call);
    } finally {
      large.release();
    }
  }

  private JsonNode check(Call call) {
    var body = parse(call.body());
    refuse(bodyFaults(call, body));
    return body;
  }

  /**
   * The faults of the request. Faults of entries that are answered one by one are recorded in the
   * call instead.
   */
  private List<FieldError> bodyFaults(Call call, JsonNode body) {
    var errors = judge(schemaOf(call), body, "");
    if (!call.operation().entriesApart()) {
      return explain(errors.stream(), "", MOST_ERRORS);
    }
    var byEntry = new HashMap<Integer, List<FieldError>>();
    errors.stream()
        .filter(Validation::isOfEntry)
        .collect(Collectors.groupingBy(error -> error.getInstanceLocation().getElement(1)))
        .forEach(
            (entry, own) ->
                byEntry.put((Integer) entry, explain(own.stream(), "", MOST_ENTRY_ERRORS)));
    call.faults(byEntry);
    return explain(errors.stream().filter(error -> !isOfEntry(error)), "", MOST_ERRORS);
  }

  private static Schema schemaOf(Call call) {
    return Objects.requireNonNull(call.operation().body(), "An operation with a body has a schema");
  }

  private static boolean isOfEntry(Error error) {
    var at = error.getInstanceLocation();
    return at.getNameCount() > 1 && at.getElement(1) instanceof Integer;
  }

  private JsonNode parse(byte[] body) {
    if (body.length == 0) {
      throw Problem.invalid("body", "is required: send a JSON object");
    }
    try {
      var tree = mapper.readTree(JsonMedia.text(body));
      if (!isText(body, tree)) {
        throw Problem.invalid("body", "contains half a surrogate pair, which is not valid text");
      }
      return tree;
    } catch (JsonProcessingException e) {
      var where =
          e.getLocation() == null
              ? ""
              : " at line "
                  + e.getLocation().getLineNr()
                  + ", column "
                  + e.getLocation().getColumnNr();
      throw Problem.invalid("body", "is not valid JSON" + where);
    }
  }

  private List<FieldError> faults(Schema schema, JsonNode value, String at) {
    return explain(judge(schema, value, at).stream(), at, MOST_ERRORS);
  }

  private static List<Error> judge(Schema schema, JsonNode value, String at) {
    try {
      return judge(schema, value);
    } catch (StackOverflowError e) {
      throw Problem.invalid(at.isEmpty() ? "body" : at, "is nested or repeated too deeply");
    }
  }

  private static List<Error> judge(Schema schema, JsonNode value) {
    var errors =
        schema.validate(
            value, context -> context.executionConfig(c -> c.formatAssertionsEnabled(true)));
    var explained =
        errors.stream()
            .filter(error -> error.getKeyword().equals("format"))
            .map(Error::getInstanceLocation)
            .collect(Collectors.toSet());
    return errors.stream()
        .filter(
            e -> !e.getKeyword().equals("pattern") || !explained.contains(e.getInstanceLocation()))
        .toList();
  }

  private List<FieldError> explain(Stream<Error> errors, String at, int most) {
    return errors.limit(most).map(error -> fault(error, at)).distinct().toList();
  }

  private FieldError fault(Error error, String at) {
    var path = new StringBuilder(at);
    for (int i = 0; i < error.getInstanceLocation().getNameCount(); i++) {
      var part = error.getInstanceLocation().getElement(i);
      if (part instanceof Integer index) {
        path.append('[').append(index).append(']');
      } else {
        path.append(path.isEmpty() ? "" : ".").append(part);
      }
    }
    if (error.getProperty() != null) {
      path.append(path.isEmpty() ? "" : ".").append(error.getProperty());
    }
    var field = path.isEmpty() ? "body" : printable(path.toString());
    var detail =
        switch (error.getKeyword()) {
          case "format" ->
              TextForm.fault(error.getSchemaNode().asText(), error.getInstanceNode().asText())
                  .orElse(error.getMessage());
          case "additionalProperties" -> "is not a known field";
          case "required" -> "is required";
          case "enum" -> "must be one of " + String.join(", ", words(error));
          case "pattern" -> "must be " + contract.form(error.getSchemaLocation());
          case "propertyNames" ->
              "must have names of %s, %s at most"
                  .formatted(
                      error.getSchemaNode().path("x-form").asText(),
                      number(error.getSchemaNode().path("maxLength"), "character", "characters"));
          case "type" -> "must be " + types(error);
          case "exclusiveMinimum" -> "must be more than " + error.getSchemaNode().asText();
          case "minItems" ->
              "must have at least " + number(error.getSchemaNode(), "entry", "entries");
          case "maxItems" ->
              "must have at most " + number(error.getSchemaNode(), "entry", "entries");
          case "uniqueItems" -> "must not contain duplicates";
          case "minimum" -> "must be at least " + error.getSchemaNode().asText();
          case "maximum" -> "must be at most " + error.getSchemaNode().asText();
          case "minLength" ->
              "must not be shorter than "
                  + number(error.getSchemaNode(), "character", "characters");
          case "maxLength" ->
              "must not be longer than " + number(error.getSchemaNode(), "character", "characters");
          case "minProperties" -> "must name at least one field";
          default -> error.getMessage();
        };
    return new FieldError(field, detail);
  }

  private static String number(JsonNode number, String one, String more) {
    return number.asInt() + " " + (number.asInt() == 1 ? one : more);
  }

  private static String types(Error error) {
    var types = error.getSchemaNode();
    var names = types.isArray() ? types.valueStream() : Stream.of(types);
    return names.map(type -> TYPES.get(type.asText())).collect(Collectors.joining(" or "));
  }

  private static List<String> words(Error error) {
    return error.getSchemaNode().valueStream().map(JsonNode::asText).toList();
  }

  private static JsonNode node(Operation.Parameter parameter, String text) {
    var json = JsonNodeFactory.instance;
    if (parameter.number()) {
      try {
        return json.numberNode(Integer.parseInt(text));
      } catch (NumberFormatException e) {
        return json.textNode(text);
      }
    }
    return json.textNode(text);
  }

  private static JsonNode texts(String[] given) {
    var list = JsonNodeFactory.instance.arrayNode();
    List.of(given).forEach(list::add);
    return list;
  }

  private static String @Nullable [] given(
      Operation.Parameter parameter, Call call, Map<String, String> pathValues) {
    return switch (parameter.in()) {
      case path -> new String[] {pathValues.get(parameter.name())};
      case query -> call.query(parameter.name());
      case header -> call.headers(parameter.name());
    };
  }

  /**
   * Whether all text is valid. JSON can escape half a surrogate pair, which is not valid text and
   * could not be stored.
   */
  private static boolean isText(byte[] raw, JsonNode body) {
    for (var b : raw) {
      if (b < 0 || b == '\\') {
        return StandardCharsets.UTF_8.newEncoder().canEncode(body.toString());
      }
    }
    return true;
  }

  /** A name from the client, made safe to show. */
  private static String printable(String name) {
    var safe = KeyText.hidden(name).replaceAll("[^ -~]", "?");
    return safe.length() <= 100 ? safe : safe.substring(0, 100);
  }

  private static void refuse(List<FieldError> errors) {
    if (!errors.isEmpty()) {
      var first = errors.getFirst();
      var detail =
          errors.size() == 1
              ? first.field() + ": " + first.detail()
              : errors.size() + " fields are not valid; see errors.";
      throw new Problem(Problem.Code.INVALID_REQUEST, detail, errors, Map.of());
    }
  }
}
