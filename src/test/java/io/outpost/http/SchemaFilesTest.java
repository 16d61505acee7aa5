package io.outpost.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The schemas in docs/schemas are those of the contract, each with what it refers to. After a
 * change of the contract: {@code mvn test -Dtest=SchemaFilesTest
 * -Dsurefire.args=-Doutpost.write-docs=true}.
 */
class SchemaFilesTest {

  private static final Path FOLDER = Path.of("docs", "schemas");
  private static final String REF = "#/components/schemas/";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final JsonNode schemas;

  SchemaFilesTest() throws IOException {
    try (var contract = SchemaFilesTest.class.getResourceAsStream("/openapi/outpost.yaml")) {
      schemas = new ObjectMapper(new YAMLFactory()).readTree(contract).at("/components/schemas");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Tenant, tenant.json",
    "ApiKey, api-key.json",
    "Job, job.json",
    "AuditEntry, audit-entry.json"
  })
  void isTheContracts(String name, String file) throws IOException {
    var expected = text(standalone(name, file));
    var path = FOLDER.resolve(file);
    if (Boolean.getBoolean("outpost.write-docs")) {
      Files.createDirectories(FOLDER);
      Files.writeString(path, expected);
    }
    assertThat(path)
        .as("stale: mvn test -Dtest=SchemaFilesTest -Dsurefire.args=-Doutpost.write-docs=true")
        .content()
        .isEqualTo(expected);
  }

  private ObjectNode standalone(String name, String file) {
    var schema = JSON.createObjectNode();
    schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
    schema.put("$id", "https://outpost.dev/schemas/" + file);
    schema.put("title", name);
    schema.setAll((ObjectNode) schemas.get(name).deepCopy());
    var definitions = JSON.createObjectNode();
    inline(schema, definitions);
    if (!definitions.isEmpty()) {
      schema.set("$defs", definitions);
    }
    return schema;
  }

  /** Turns references to the contract into references to definitions, and collects those. */
  private void inline(JsonNode node, ObjectNode definitions) {
    if (node instanceof ObjectNode object && object.path("$ref").asText().startsWith(REF)) {
      var name = object.get("$ref").asText().substring(REF.length());
      object.put("$ref", "#/$defs/" + name);
      if (!definitions.has(name)) {
        var definition = schemas.get(name).deepCopy();
        definitions.set(name, definition);
        inline(definition, definitions);
      }
    } else if (node instanceof ObjectNode || node instanceof ArrayNode) {
      node.forEach(child -> inline(child, definitions));
    }
  }

  private static String text(JsonNode schema) throws IOException {
    var printer = new DefaultPrettyPrinter();
    printer.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE.withLinefeed("\n"));
    printer.indentObjectsWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE.withLinefeed("\n"));
    return JSON.writer(printer).writeValueAsString(schema) + "\n";
  }
}
