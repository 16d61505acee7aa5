package io.outpost.secrets;

import io.outpost.agents.AgentCatalogue;
import io.outpost.agents.ReservedNames;
import io.outpost.kernel.Problem;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;

/**
 * The allowed names of secrets: environment variables without a meaning for the platform, the
 * system or a language's run time. Stateless.
 */
@Component("secretNames")
public class SecretNames {

  /** How many letters may be wrong, missing or extra in a near miss. */
  private static final int NEAR = 2;

  private final AgentCatalogue catalogue;

  SecretNames(AgentCatalogue catalogue) {
    this.catalogue = catalogue;
  }

  /**
   * Refuses a reserved name, and a name that is probably misspelt because an agent reads a similar
   * one.
   *
   * @throws Problem 400
   */
  public void check(@Header("name") String name) {
    var upper = name.toUpperCase(Locale.ROOT);
    if (ReservedNames.contains(name)) {
      throw Problem.invalid("name", "%s is reserved; choose another name".formatted(name));
    }
    var known = known();
    if (!known.contains(name)) {
      known.stream()
          .filter(variable -> isNear(upper, variable))
          .findFirst()
          .ifPresent(
              variable -> {
                throw Problem.invalid(
                    "name", "no agent reads %s: did you mean %s?".formatted(name, variable));
              });
    }
  }

  /** The agents that get a secret of this name without asking, in alphabetical order. */
  List<String> agentsOf(String name) {
    return catalogue.names().stream()
        .filter(agent -> catalogue.find(agent).orElseThrow().providerVariables().contains(name))
        .toList();
  }

  private Set<String> known() {
    return catalogue.names().stream()
        .flatMap(agent -> catalogue.find(agent).orElseThrow().providerVariables().stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static boolean isNear(String name, String variable) {
    return distance(name, variable) <= NEAR
        || name.contains("KEY") && stem(name).equals(stem(variable));
  }

  /** The name without the words that all names of keys have in common. */
  private static String stem(String name) {
    return Arrays.stream(name.split("_", -1))
        .filter(word -> !Set.of("API", "KEY", "APIKEY", "TOKEN", "SECRET").contains(word))
        .collect(Collectors.joining());
  }

  /** Levenshtein's distance. */
  private static int distance(String a, String b) {
    var row = new int[b.length() + 1];
    Arrays.setAll(row, i -> i);
    for (int i = 1; i <= a.length(); i++) {
      var diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        var replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
