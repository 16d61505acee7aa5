package io.outpost.worker.agent;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.outpost.agents.Agent.UsagePointers;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the consumption that an agent's output reports. */
final class UsageReader {

  private static final JsonMapper JSON = new JsonMapper();

  /** Only this many bytes at the end are searched, because agents print the figures last. */
  private static final int TAIL = 256 * 1024;

  /** Only this many bytes at the beginning are searched for the id of a conversation. */
  private static final int HEAD = 64 * 1024;

  private static final double MOST_DOLLARS = 1_000_000;
  private static final int MILLIONTHS = 6;

  private UsageReader() {}

  /** The figures in the last line that has valid ones; empty when no line has. */
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
      if (!isCount(input) || !isCount(output)) {
        return Optional.empty();
      }
      return Optional.of(
          new AgentUsage(input.longValue(), output.longValue(), cost(tree, pointers.costUsd())));
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
  }

  /** Agents may print anything, so only plausible numbers of tokens are accepted. */
  private static boolean isCount(JsonNode number) {
    return number.isIntegralNumber() && number.canConvertToLong() && number.longValue() >= 0;
  }

  /** A cost in dollars, rounded to a millionth; null when the amount is implausible. */
  private static @Nullable BigDecimal cost(JsonNode tree, @Nullable String pointer) {
    JsonNode cost = pointer == null ? MissingNode.getInstance() : tree.at(pointer);
    return cost.isNumber() && cost.doubleValue() >= 0 && cost.doubleValue() <= MOST_DOLLARS
        ? BigDecimal.valueOf(cost.doubleValue()).setScale(MILLIONTHS, RoundingMode.HALF_UP)
        : null;
  }

  /** The text at a JSON pointer in the first lines; empty when no line has it. */
  static Optional<String> first(Path output, String pointer) throws IOException {
    try (InputStream file = Files.newInputStream(output)) {
      return new String(file.readNBytes(HEAD), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> line.startsWith("{"))
          .flatMap(line -> textIn(line, pointer))
          .findFirst();
    }
  }

  private static Stream<String> textIn(String line, String pointer) {
    try {
      JsonNode text = JSON.readTree(line).at(pointer);
      return text.isTextual() ? Stream.of(text.textValue()) : Stream.empty();
    } catch (JsonProcessingException e) {
      return Stream.empty();
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
