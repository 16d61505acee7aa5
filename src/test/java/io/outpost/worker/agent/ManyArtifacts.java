package io.outpost.worker.agent;

import io.outpost.job.Artifact;
import io.outpost.kernel.Ids;
import io.outpost.worker.files.ArtifactStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A worker's part in collecting very many artifacts, in a process that has as much heap as told.
 */
final class ManyArtifacts {

  /** Paths of nearly the longest that there can be. */
  private static final String MAKE =
      """
      import os, sys
      os.mkdir("artifacts"); os.chdir("artifacts")
      for level in range(15): os.mkdir("d" * 250); os.chdir("d" * 250)
      for number in range(%s): os.close(os.open(str(number), os.O_CREAT | os.O_WRONLY))
      """;

  private ManyArtifacts() {}

  /** Arguments: an empty directory, how many. Prints how many were kept, and left out. */
  public static void main(String[] args) throws Exception {
    AgentRunSettings settings = TestConfinement.fileSettings(AgentRunSettings.SandboxUse.OFF);
    Confinement confinement = new Isolation(settings).choose();
    Path jobs = Files.createDirectory(Path.of(args[0]).resolve("jobs"));
    try (Slots slots = TestConfinement.slots(jobs, confinement);
        JobFiles files = slots.open(Ids.unguessable(), 0)) {
      String python = Isolation.TOOLS.find("python3").orElseThrow().toString();
      AgentRun run =
          AgentRun.script(slots, "")
              .settings(settings)
              .command(List.of(python, "-c", MAKE.formatted(args[1])));
      AgentResult made = AgentRun.endOf(run.startIn(files));
      if (!made.succeeded()) {
        throw new IllegalStateException(made + " " + run.output());
      }
      Artifact.Manifest manifest =
          ArtifactStream.read(files, 1000, 1_000_000, (place, content) -> {}).manifest();
      Runtime.getRuntime().gc();
      System.out.printf(
          "kept %d, left out %d, heap %d MB of %d MB%n",
          manifest.artifacts().size(),
          manifest.leftOut(),
          (Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory()) >> 20,
          Runtime.getRuntime().maxMemory() >> 20);
    }
  }
}
