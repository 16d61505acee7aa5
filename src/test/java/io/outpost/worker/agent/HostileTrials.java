package io.outpost.worker.agent;

import io.outpost.worker.agent.AgentRunSettings.SandboxUse;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Hostile trees on a worker that is a normal user; what became of them is printed, a line each. */
final class HostileTrials {

  private HostileTrials() {}

  /**
   * Arguments: an empty directory, a file that only root may read, how many files are many, and the
   * names of the trees.
   */
  public static void main(String[] args) throws Exception {
    List<String> names = List.of(args).subList(3, args.length);
    List<HostileTree> trees =
        HostileTree.ofOneUser().stream().filter(tree -> names.contains(tree.name())).toList();
    run(Path.of(args[0]), Path.of(args[1]), Integer.parseInt(args[2]), trees)
        .forEach((name, result) -> System.out.println(name + ": " + result));
  }

  static Map<String, String> run(Path place, Path secret, int many, List<HostileTree> trees)
      throws Exception {
    Confinement confinement = new Isolation(TestConfinement.fileSettings(SandboxUse.OFF)).choose();
    return run(place, secret, many, confinement, trees);
  }

  static Map<String, String> run(
      Path place, Path secret, int many, Confinement confinement, List<HostileTree> trees)
      throws Exception {
    Map<String, String> results = new TreeMap<>();
    try (HostileTrial trial = new HostileTrial(place, secret, confinement, many)) {
      for (HostileTree tree : trees) {
        results.put(tree.name(), resultOf(trial, tree));
      }
    }
    return results;
  }

  private static String resultOf(HostileTrial trial, HostileTree tree) {
    try {
      trial.run(tree);
      return "held";
    } catch (Exception | AssertionError e) {
      return PlainText.line(e.toString());
    }
  }
}
