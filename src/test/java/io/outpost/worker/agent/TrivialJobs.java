package io.outpost.worker.agent;

import io.outpost.worker.agent.AgentRunSettings.SandboxUse;
import io.outpost.worker.files.ArtifactStream;
import java.nio.file.Path;
import java.util.List;

/**
 * Jobs without a workspace, one after the other in a slot, with all that a worker does with the
 * processes and files of each. A program of its own, so that the processes it starts can be
 * counted.
 */
final class TrivialJobs {

  private TrivialJobs() {}

  /** Arguments: {@code slots} or {@code same}, the directory of jobs, the agent, how many jobs. */
  public static void main(String[] args) throws Exception {
    Confinement confinement =
        args[0].equals("slots")
            ? new Isolation(TestConfinement.settings(SandboxUse.OFF)).choose()
            : TestConfinement.sameUser();
    try (Slots slots = TestConfinement.slots(Path.of(args[1]), confinement)) {
      AgentRun job = AgentRun.script(slots, "").command(List.of(args[2]));
      for (int i = 0; i < Integer.parseInt(args[3]); i++) {
        if (!job.toEnd().succeeded()) {
          throw new IllegalStateException("The agent failed: " + job.output());
        }
        ArtifactStream.read(job.place().get(), 10, 1000, (place, content) -> {});
        job.cleanUp();
      }
    }
  }
}
