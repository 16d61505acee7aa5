package io.outpost.worker.agent;

import java.nio.file.Path;

/**
 * Where a job's files are. The agent may write {@code work}, {@code home} and {@code tmp}; the
 * output beside them is the worker's own.
 *
 * @param root the job's directory
 */
public record JobDirectory(Path root) {

  /** The agent's working directory: what a workspace keeps, with {@code artifacts} in it. */
  public Path work() {
    return root.resolve("work");
  }

  /** The agent's home: sessions and logins, gone with the job. */
  public Path home() {
    return root.resolve("home");
  }

  /** The agent's temporary files. */
  public Path tmp() {
    return root.resolve("tmp");
  }

  /** The task as a file, for programs that do not read standard input. */
  public Path task() {
    return root.resolve("task.txt");
  }

  /** What the agent printed. */
  public Path output() {
    return root.resolve("output.txt");
  }
}
