package io.outpost.routes;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** Suggests a known name instead of an unknown one. */
final class Suggestion {

  private Suggestion() {}

  /** {@code ; did you mean `x`?}, or nothing when no known name is similar. */
  static String of(String written, Collection<String> known) {
    return known.stream()
        .filter(
            name ->
                distance(written, name)
                    <= Math.max(1, Math.min(written.length(), name.length()) / 3))
        .min(
            Comparator.<String>comparingInt(name -> distance(written, name))
                .thenComparing(name -> name))
        .map("; did you mean `%s`?"::formatted)
        .orElse("");
  }

  /** How many letters must be inserted, removed, replaced or swapped, regardless of case. */
  private static int distance(String one, String other) {
    var a = one.toLowerCase(Locale.ROOT);
    var b = other.toLowerCase(Locale.ROOT);
    var d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int changed = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        d[i][j] = Math.min(d[i - 1][j - 1] + changed, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
