package io.outpost.worker.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.outpost.agents.Agent.UsagePointers;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** Finds in an agent's output what it says it consumed. */
final class UsageReader {

  private static final JsonMapper JSON = new JsonMapper();

  /** The figures come last; a line before this many bytes is not looked for. */
  private static final int TAIL = 256 * 1024;

  private UsageReader() {}

  /** The figures of the last line that has them; empty when none has, or they are no numbers. */
  static Optional<AgentUsage> read(Path output, UsagePointers pointers) throws IOException {
    String[] lines = tail(output).split("\n");
    for (int i = lines.length - 1; i >= 0; i--) {
      Optional<AgentUsage> usage = usageIn(lines[i], pointers);
      if (usage.isPresent()) {
        return usage;
      }
    }
    return Optional.empty();
  }

  private static Optional<AgentUsage> usageIn(String line, UsagePointers pointers) {
    if (!line.startsWith("{")) {
      return Optional.empty();
    }
    try {
      JsonNode tree = JSON.readTree(line);
      JsonNode input = tree.at(pointers.inputTokens());
      JsonNode output = tree.at(pointers.outputTokens());
      if (!input.isIntegralNumber() || !output.isIntegralNumber()) {
        return Optional.empty();
      }
      JsonNode cost =
          pointers.costUsd() == null ? MissingNode.getInstance() : tree.at(pointers.costUsd());
      return Optional.of(
          new AgentUsage(
              input.longValue(), output.longValue(), cost.isNumber() ? cost.decimalValue() : null));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  private static String tail(Path output) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(output.toFile(), "r")) {
      long from = Math.max(0, file.length() - TAIL);
      byte[] bytes = new byte[(int) (file.length() - from)];
      file.seek(from);
      file.readFully(bytes);
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }
}
