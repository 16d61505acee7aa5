package io.outpost.worker.agent;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a hostile job makes of its files, as {@code hostile/trees} tells it.
 *
 * @param owner a shell script: the job that has the files
 * @param intruder a Python script: a job of the same tenant in another slot; empty when there is
 *     none
 * @param expected otherwise than of a usual job
 */
record HostileTree(String name, String owner, String intruder, Set<String> expected) {

  private static final Pattern HEAD =
      Pattern.compile("(?m)^== (\\S+)(?: \\[(.*)])?\\n((?:(?!== ).*\\n?)*)");

  private static final String USUAL =
      """
      umask 022
      mkdir artifacts && echo mine > kept && echo mine > artifacts/kept
      """;

  /** Python functions for intruders. */
  private static final String TOOLS =
      """
      import array, ctypes, os, signal, socket, struct, sys, time
      libc = ctypes.CDLL(None)
      def say(word): print(word, flush=True)
      def exchange(a, b, at=-100, bt=-100): libc.renameat2(at, os.fsencode(a), bt, os.fsencode(b), 2)
      def attempt(step):
          try: step()
          except OSError: pass
      def enter(path):
          try: os.chdir(path)
          except OSError:
              say("shut out")
              sys.exit()
      def patiently(path):
          end = time.monotonic() + 2
          while not os.access(path, os.W_OK) and time.monotonic() < end: pass
          enter(path)
      def forever(step):
          step()
          say("reached")
          while True: step()
      """;

  /** All hostile trees. */
  static List<HostileTree> all() {
    try (InputStream in = HostileTree.class.getResourceAsStream("/hostile/trees")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return HEAD.matcher(text)
          .results()
          .map(match -> of(match.group(1), match.group(2), match.group(3)))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All trees except those that only another user's rights can stop. */
  static List<HostileTree> ofOneUser() {
    return all().stream().filter(tree -> !tree.expected().contains("apart")).toList();
  }

  private static HostileTree of(String name, String expected, String scripts) {
    String[] parts = scripts.split("(?m)^-- intruder\\n", 2);
    return new HostileTree(
        name,
        USUAL + parts[0],
        parts.length == 1 ? "" : TOOLS + parts[1],
        expected == null ? Set.of() : Set.copyOf(Arrays.asList(expected.split(", "))));
  }

  /** Replaces the words between at signs. */
  HostileTree with(Map<String, String> words) {
    return new HostileTree(name, fill(owner, words), fill(intruder, words), expected);
  }

  private static String fill(String script, Map<String, String> words) {
    String filled = script;
    for (Map.Entry<String, String> word : words.entrySet()) {
      filled = filled.replace("@" + word.getKey() + "@", word.getValue());
    }
    return filled;
  }

  boolean hasIntruder() {
    return !intruder.isEmpty();
  }

  /** Whether its working directory can be saved; empty: both is right. */
  boolean isSavedFor(boolean saved) {
    return saved
        ? !expected.contains("nothing kept")
        : Stream.of("nothing kept", "perhaps nothing kept").anyMatch(expected::contains);
  }

  /** Whether it is right that its artifact is collected, or is not. */
  boolean isCollectedFor(boolean collected) {
    return collected
        ? !expected.contains("nothing collected")
        : Stream.of(
                "nothing collected",
                "perhaps nothing collected",
                "nothing kept",
                "perhaps nothing kept")
            .anyMatch(expected::contains);
  }

  @Override
  public String toString() {
    return name;
  }
}
