package io.outpost.audit;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One object of a tenant's archive before compression. The first line is the link to the previous
 * block; each further line is an entry. All lines are JSON in UTF-8.
 *
 * @param content the lines, each with its line feed; must not be changed
 */
record Block(String tenantId, BlockReference mark, byte[] content) {

  /**
   * The first line of a block, under the name {@code link}.
   *
   * @param previousKey null in the first block
   * @param previousSha256 of the previous block's content; null in the first block
   * @param firstTimestamp the time of the first entry
   * @param entries the number of lines that follow
   */
  record Link(
      String tenantId,
      long sequence,
      @Nullable String previousKey,
      @Nullable String previousSha256,
      Instant archivedAt,
      Instant firstTimestamp,
      int entries) {

    BlockKey key() {
      return new BlockKey(tenantId, archivedAt, sequence, firstTimestamp);
    }
  }

  private record FirstLine(Link link) {}

  /** The next block; {@code previous} is null for a tenant's first one. */
  static Block after(
      @Nullable BlockReference previous, TenantBatch part, Instant now, ObjectMapper mapper) {
    var first = part.entries().getFirst().timestamp();
    var link =
        previous == null
            ? new Link(part.tenantId(), 1, null, null, now, first, part.entries().size())
            : new Link(
                part.tenantId(),
                previous.sequence() + 1,
                previous.key(),
                previous.sha256(),
                now.isBefore(previous.archivedAt()) ? previous.archivedAt() : now,
                first,
                part.entries().size());
    try {
      var lines = new StringBuilder(mapper.writeValueAsString(Map.of("link", link))).append('\n');
      for (var entry : part.entries()) {
        lines.append(mapper.writeValueAsString(entry)).append('\n');
      }
      var content = lines.toString().getBytes(StandardCharsets.UTF_8);
      var mark =
          new BlockReference(
              link.sequence(), sha256(content), link.key().text(), link.archivedAt());
      return new Block(part.tenantId(), mark, content);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The link in a block's content; empty when there is none. */
  static Optional<Link> link(byte[] content, ObjectMapper mapper) {
    try {
      var line = Arrays.copyOf(content, endOfLine(content));
      return Optional.ofNullable(mapper.readValue(line, FirstLine.class).link());
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** SHA-256 in lower-case hex. */
  static String sha256(byte[] content) {
    return HexFormat.of().formatHex(sha256().digest(content));
  }

  /** A new digest. */
  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int endOfLine(byte[] content) {
    for (int i = 0; i < content.length; i++) {
      if (content[i] == '\n') {
        return i;
      }
    }
    return content.length;
  }
}
