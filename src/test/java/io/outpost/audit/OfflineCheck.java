package io.outpost.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.zip.GZIPInputStream;

/**
 * The check that a customer can write from "Checking it without us" in docs/audit.md. It has only
 * the files of an export and uses nothing of the product. For one check, not thread-safe.
 */
final class OfflineCheck {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final JsonNode manifest;
  private final List<String> faults = new ArrayList<>();
  private final Map<Long, String> hashes = new HashMap<>();
  private final Map<String, String> proven = new HashMap<>();

  private OfflineCheck(Path folder) throws IOException {
    this.folder = folder;
    this.manifest = JSON.readTree(Files.readAllBytes(folder.resolve("manifest.json")));
  }

  /**
   * The result of a check.
   *
   * @param faults descriptions with the number of the step; empty if there are none
   * @param hashes the hashes of the blocks, by block number
   * @param entries the ids of the entries in the time range
   */
  record Result(List<String> faults, Map<Long, String> hashes, Set<String> entries) {}

  /**
   * Checks the files in a folder.
   *
   * @param manifestSha256 the manifest's hash, from the answer that named the files
   */
  static Result of(Path folder, String manifestSha256) throws IOException {
    var check = new OfflineCheck(folder);
    check.files(manifestSha256);
    check.chain();
    return new Result(check.faults, check.hashes, check.entries());
  }

  /** Step 1: the manifest has the expected hash, and each file has the hash in the manifest. */
  private void files(String manifestSha256) throws IOException {
    expect(1, sha256(Files.readAllBytes(folder.resolve("manifest.json"))), manifestSha256);
    for (var file : manifest.get("files")) {
      var content = Files.readAllBytes(folder.resolve(file.get("name").asText()));
      expect(1, sha256(content), file.get("sha256").asText());
    }
  }

  /** Step 2: each block contains the hash of the block before it. */
  private void chain() throws IOException {
    var stretch = manifest.get("chain");
    var sequence = stretch.get("first_sequence").asLong();
    var previous = stretch.get("previous_sha256").asText(null);
    var lines = lines("chain");
    for (int at = 0; at < lines.size(); sequence++) {
      var link = JSON.readTree(lines.get(at)).path("link");
      expect(2, link.path("sequence").asLong(), sequence);
      expect(2, link.path("previous_sha256").asText(null), previous);
      var end = Math.min(lines.size(), at + 1 + link.path("entries").asInt());
      var block = lines.subList(at, end);
      for (var line : block.subList(1, block.size())) {
        proven.put(JSON.readTree(line).path("entry_id").asText(), line);
      }
      previous = sha256((String.join("\n", block) + "\n").getBytes(UTF_8));
      hashes.put(sequence, previous);
      at = end;
    }
    expect(2, sequence - 1, stretch.get("last_sequence").asLong());
    expect(2, previous, stretch.get("last_sha256").asText());
  }

  /** Step 3: the entries are exactly those of the blocks in the time range, each once. */
  private Set<String> entries() throws IOException {
    var from = Instant.parse(manifest.get("from").asText());
    var to = Instant.parse(manifest.get("to").asText());
    var wanted = new HashSet<String>();
    for (var entry : proven.entrySet()) {
      var time = Instant.parse(JSON.readTree(entry.getValue()).get("timestamp").asText());
      if (!time.isBefore(from) && time.isBefore(to)) {
        wanted.add(entry.getKey());
      }
    }
    var found = new HashSet<String>();
    for (var line : lines("entries")) {
      var id = JSON.readTree(line).path("entry_id").asText();
      expect(3, line, proven.get(id));
      expect(3, found.add(id), true);
    }
    expect(3, found, wanted);
    expect(3, (long) found.size(), manifest.get("entries").asLong());
    return found;
  }

  private List<String> lines(String kind) throws IOException {
    var lines = new ArrayList<String>();
    for (var file : manifest.get("files")) {
      if (file.get("kind").asText().equals(kind)) {
        var content = Files.readAllBytes(folder.resolve(file.get("name").asText()));
        try (var gunzip = new GZIPInputStream(new ByteArrayInputStream(content))) {
          new String(gunzip.readAllBytes(), UTF_8).lines().forEach(lines::add);
        }
      }
    }
    return lines;
  }

  private void expect(int step, Object found, Object expected) {
    if (!Objects.equals(found, expected)) {
      faults.add("%d: %s instead of %s".formatted(step, found, expected));
    }
  }

  static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
