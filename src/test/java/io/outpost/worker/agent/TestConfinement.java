package io.outpost.worker.agent;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.outpost.worker.agent.AgentRunSettings.SandboxUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;
import org.springframework.util.unit.DataSize;

/**
 * The ways of keeping agents apart, each as far as this machine has it; a test that needs more is
 * skipped and says so.
 */
final class TestConfinement {

  static final AgentRunSettings SETTINGS = settings(SandboxUse.OFF);

  private TestConfinement() {}

  static AgentRunSettings settings(SandboxUse sandbox) {
    return new AgentRunSettings(
        Path.of("/nowhere"),
        60_000,
        sandbox,
        DataSize.ofMegabytes(1),
        200,
        DataSize.ofMegabytes(500),
        DataSize.ofMegabytes(100),
        10_000,
        DataSize.ofMegabytes(50),
        256);
  }

  /** Settings that allow large files, because one tree has a tebibyte of holes. */
  static AgentRunSettings fileSettings(SandboxUse sandbox) {
    return new AgentRunSettings(
        SETTINGS.directory(),
        SETTINGS.firstUser(),
        sandbox,
        SETTINGS.output(),
        SETTINGS.processes(),
        SETTINGS.memory(),
        DataSize.ofMegabytes(500),
        300_000,
        DataSize.ofTerabytes(2),
        SETTINGS.openFiles());
  }

  /** Slots of a confinement, with the jobs' directories in this one. */
  static Slots slots(Path directory, Confinement confinement) throws IOException {
    return Slots.in(directory, confinement, new Limits(Isolation.TOOLS, SETTINGS));
  }

  static Confinement sameUser() {
    return new SameUser(new Limits(Isolation.TOOLS, SETTINGS), Optional.empty());
  }

  static Confinement slotUsers() throws IOException {
    assumeTrue(Isolation.isRoot(), "SKIPPED: not root, so agents cannot be other users");
    return new Isolation(SETTINGS).choose();
  }

  static Confinement sandboxedSlots() throws IOException {
    assumeTrue(Isolation.isRoot(), "SKIPPED: not root, so agents cannot be other users");
    return sandboxed();
  }

  static Confinement sandboxed() throws IOException {
    AgentRunSettings settings = settings(SandboxUse.AUTO);
    boolean works =
        Isolation.TOOLS
            .find("bwrap")
            .map(bwrap -> Tool.run(new Sandbox(bwrap).probe()).succeeded())
            .orElse(false);
    assumeTrue(works, "SKIPPED: bubblewrap is not installed or user namespaces are off");
    return new Isolation(settings).choose();
  }

  /**
   * A temporary directory that other users may pass through, as the worker's directory of jobs is.
   */
  static final class Passable implements TempDirFactory {
    @Override
    public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context)
        throws IOException {
      Path directory = Files.createTempDirectory("outpost-jobs");
      return Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    }
  }
}
