package io.outpost.agents;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads agent files and collects all their faults, so that one start reports all of them. */
final class AgentFiles {

  private static final ObjectMapper YAML =
      YAMLMapper.builder()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .addModule(new JavaTimeModule())
          .build();

  private final Schema schema;
  private final Map<String, Agent> agents = new TreeMap<>();
  private final List<String> faults = new ArrayList<>();

  AgentFiles() {
    this.schema =
        SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
            .getSchema(AgentFiles.class.getResourceAsStream("/agents/schema.json"));
  }

  /** Reads one file. A later file for the same agent replaces an earlier one. */
  void read(String fileName, String text) {
    try {
      JsonNode tree = YAML.readTree(text);
      List<String> found = faultsOf(fileName, tree);
      faults.addAll(found);
      if (found.isEmpty()) {
        Agent agent = YAML.treeToValue(tree, Agent.class);
        agents.put(agent.name(), agent);
      }
    } catch (JsonProcessingException e) {
      faults.add(fileName + ": not readable as YAML: " + e.getOriginalMessage() + at(e));
    }
  }

  /** The agents by name; throws all faults at once. */
  Map<String, Agent> agents() {
    if (agents.isEmpty() && faults.isEmpty()) {
      faults.add("no agent file was found");
    }
    if (!faults.isEmpty()) {
      throw new InvalidAgentException(faults);
    }
    return agents;
  }

  /**
   * A list of strings; empty when the text is not one. Errors never repeat the text, which may be
   * secret.
   */
  static List<String> listOf(String text) {
    try {
      JsonNode tree = YAML.readTree(text);
      List<String> list = new ArrayList<>();
      tree.forEach(item -> list.add(item.asText()));
      return list.stream().allMatch(item -> !item.isEmpty()) ? list : List.of();
    } catch (JsonProcessingException e) {
      return List.of();
    }
  }

  private List<String> faultsOf(String fileName, JsonNode tree) {
    List<String> found = new ArrayList<>();
    schema.validate(tree).forEach(error -> found.add(fileName + ": " + describe(error)));
    String name = tree.path("name").asText();
    if (found.isEmpty() && !fileName.equals(name + ".yaml")) {
      found.add(
          fileName + ": name: is '" + name + "', so the file must be called " + name + ".yaml");
    }
    boolean wantsModel = tree.path("command").toString().contains("{model}");
    if (found.isEmpty() && wantsModel && !tree.has("model")) {
      found.add(fileName + ": model: is missing, and the command has {model}");
    }
    return found;
  }

  private static String describe(com.networknt.schema.Error error) {
    StringBuilder field = new StringBuilder();
    for (int i = 0; i < error.getInstanceLocation().getNameCount(); i++) {
      Object part = error.getInstanceLocation().getElement(i);
      field.append(part instanceof Integer ? "[" + part + "]" : (i == 0 ? "" : ".") + part);
    }
    return (field.isEmpty() ? "" : field + ": ") + error.getMessage();
  }

  private static String at(JsonProcessingException e) {
    return e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ")";
  }
}
