package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SchemaRegistryConfig;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Checks parameters against the types that Stripe publishes. Safe for use by many threads. */
final class RequestSchemas {
  private static final String DOCUMENT = "urn:outpost:stripe-requests";

  private final Map<String, Schema> byCall = new ConcurrentHashMap<>();
  private final SchemaRegistry registry;
  private final String version;

  RequestSchemas() {
    try (InputStream in = getClass().getResourceAsStream("/stripe/request-schemas.json")) {
      JsonNode document = new ObjectMapper().readTree(in);
      version = document.get("$comment").asText().replace("Stripe API ", "");
      registry =
          SchemaRegistry.withDefaultDialect(
              SpecificationVersion.DRAFT_7,
              builder ->
                  builder
                      .schemas(Map.of(DOCUMENT, document.toString()))
                      .schemaRegistryConfig(
                          SchemaRegistryConfig.builder().typeLoose(true).build()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The API version from which these types are. */
  String version() {
    return version;
  }

  /** Whether Stripe may have such an API version, judged by its form. */
  boolean knows(String wanted) {
    return wanted.matches("20(1[1-9]|2[0-6])-\\d{2}-\\d{2}(\\.[a-z]+)?");
  }

  /** Refuses parameters that the call {@code call} does not take. */
  void check(String call, JsonNode params) {
    List<Error> errors = byCall.computeIfAbsent(call, this::schema).validate(params);
    if (!errors.isEmpty()) {
      throw StripeError.invalid("parameter_unknown", call + ": " + errors);
    }
  }

  private Schema schema(String call) {
    return registry.getSchema(SchemaLocation.of(DOCUMENT + "#/definitions/" + call));
  }
}
