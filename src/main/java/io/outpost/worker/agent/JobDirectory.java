package io.outpost.worker.agent;

import java.nio.file.Path;

/**
 * Where a job's files are. Everything below {@code root} is the agent's, and its paths are for the
 * agent and for the {@link Porter} alone: the worker opens none of them.
 *
 * @param root the job's directory; its owner, the slot's user, alone may enter it
 * @param own the worker's directory for the same job, which no agent can reach
 */
public record JobDirectory(Path root, Path own) {

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

  /** What the agent printed; the worker's. */
  public Path output() {
    return own.resolve("output.txt");
  }

  /** A file of the worker's for what passes through its hands. */
  public Path spool(String name) {
    return own.resolve(name);
  }
}
