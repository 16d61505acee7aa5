package io.outpost.worker.agent;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The result of a system tool, run without the worker's environment.
 *
 * @param exitCode -1 when it could not be started or took too long
 * @param output standard output and standard error
 */
record Tool(int exitCode, String output) {

  private static final long PATIENCE_SECONDS = 30;

  /** Runs a command whose output is short. */
  static Tool run(List<String> command) {
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(Path.of("/").toFile()).redirectErrorStream(true);
    builder.environment().clear();
    try {
      Process process = builder.start();
      process.getOutputStream().close();
      if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        return new Tool(-1, "took too long");
      }
      return new Tool(
          process.exitValue(),
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return new Tool(-1, String.valueOf(e.getMessage()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Tool(-1, "interrupted");
    }
  }

  boolean succeeded() {
    return exitCode == 0;
  }
}
