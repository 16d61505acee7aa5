package io.outpost.worker.agent;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Trees of files of every kind, as lists that {@link RoundTrip} reads. */
final class GeneratedTrees {

  /** Bytes of a name; names of this length take a few levels to more than a path may have. */
  private static final int LONGEST_NAME = 255;

  /** What file systems keep of times: 1902 to 2286. */
  private static final long OLDEST = -2_100_000_000_000_000_000L;

  private static final long NEWEST = 9_000_000_000_000_000_000L;

  private GeneratedTrees() {}

  private record Entry(
      String kind, int parent, byte[] name, int mode, long time, int choice, byte[] content) {}

  static Arbitrary<String> all() {
    Arbitrary<Entry> entry =
        Combinators.combine(
                Arbitraries.of("d", "d", "f", "f", "f", "s", "l", "h", "p"),
                Arbitraries.integers().between(0, 1000),
                names(),
                Arbitraries.integers().between(0, 07777),
                Arbitraries.longs().between(OLDEST, NEWEST),
                Arbitraries.integers().between(0, 1000),
                Arbitraries.bytes().array(byte[].class).ofMaxSize(300))
            .as(Entry::new);
    return Combinators.combine(
            entry.list().ofMinSize(1).ofMaxSize(25), Arbitraries.integers().between(-3, 20))
        .as(GeneratedTrees::list);
  }

  private static Arbitrary<byte[]> names() {
    Arbitrary<byte[]> any = Arbitraries.bytes().array(byte[].class).ofMinSize(1).ofMaxSize(12);
    Arbitrary<byte[]> longest = Arbitraries.bytes().array(byte[].class).ofSize(LONGEST_NAME);
    // The first two are the same to whoever decodes them, and so are the next two.
    Arbitrary<byte[]> known =
        Arbitraries.of(
                "r\u00e9sum\u00e9",
                "r\u00e8sum\u00e8",
                "\u00c3\u00a9",
                "\u00c3\u00a8",
                "a\nb",
                "-rf",
                "modes",
                "work",
                "deep",
                " ",
                "\\x41")
            .map(name -> name.getBytes(StandardCharsets.ISO_8859_1));
    return Arbitraries.frequencyOf(
        net.jqwik.api.Tuple.of(6, any),
        net.jqwik.api.Tuple.of(1, longest),
        net.jqwik.api.Tuple.of(4, known));
  }

  /**
   * Begins with a chain of long names, which exceeds the longest path when {@code levels} is large.
   */
  private static String list(List<Entry> entries, int levels) {
    StringBuilder lines = new StringBuilder();
    int count = 0;
    List<Integer> folders = new java.util.ArrayList<>(List.of(0));
    List<Integer> files = new java.util.ArrayList<>();
    Set<String> taken = new HashSet<>();
    for (int level = 0; level < levels; level++) {
      line(
          lines,
          "d",
          folders.getLast(),
          "6c".repeat(240),
          level == levels / 2 ? 0 : 0755,
          level,
          "");
      folders.add(++count);
    }
    for (Entry entry : entries) {
      int parent = folders.get(folders.size() - 1 - entry.parent() % folders.size());
      String name = HexFormat.of().formatHex(possible(entry.name()));
      if (!taken.add(parent + "/" + name) || entry.kind().equals("h") && files.isEmpty()) {
        continue;
      }
      String rest =
          switch (entry.kind()) {
            case "f" -> HexFormat.of().formatHex(entry.content());
            case "s" -> Integer.toString(100_000 * (1 + entry.choice()));
            case "l" -> HexFormat.of().formatHex(target(entry));
            case "h" -> Integer.toString(files.get(entry.choice() % files.size()));
            default -> "";
          };
      line(lines, entry.kind(), parent, name, entry.mode(), entry.time(), rest);
      count++;
      if (entry.kind().equals("d")) {
        folders.add(count);
      } else if (entry.kind().equals("f")) {
        files.add(count);
      }
    }
    return lines.toString();
  }

  private static void line(
      StringBuilder lines, String kind, int parent, String name, int mode, long time, String rest) {
    lines.append("%s %d %s %o %d %s\n".formatted(kind, parent, name, mode, time, rest));
  }

  /** A link's target: outside of the tree, missing, or in a circle. */
  private static byte[] target(Entry entry) {
    List<String> usual = List.of("/etc/passwd", "../../..", ".", "nowhere", "/proc/self/root");
    return entry.choice() % 2 == 0
        ? usual.get(entry.choice() % usual.size()).getBytes(StandardCharsets.US_ASCII)
        : possible(entry.name());
  }

  private static byte[] possible(byte[] name) {
    ByteArrayOutputStream possible = new ByteArrayOutputStream();
    for (byte b : name) {
      possible.write(b == 0 || b == '/' ? 'x' : b);
    }
    String text = possible.toString(StandardCharsets.ISO_8859_1);
    return text.equals(".") || text.equals("..") ? new byte[] {'x'} : possible.toByteArray();
  }
}
