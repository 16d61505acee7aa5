package io.outpost.worker.agent;

import java.nio.file.Path;

/**
 * The paths of a job's files. Everything below {@code root} belongs to the agent: only the agent
 * and the {@link Porter} open these paths, never the worker itself.
 *
 * @param root the job's directory; only its owner, the slot's user, may enter it
 * @param own the worker's directory for the same job, which no agent can reach
 */
public record JobDirectory(Path root, Path own) {

  /** The agent's working directory. A workspace keeps it, including {@code artifacts}. */
  public Path work() {
    return root.resolve("work");
  }

  /** The agent's home, with sessions and logins; removed with the job. */
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

  /** The agent's output; a file of the worker. */
  public Path output() {
    return own.resolve("output.txt");
  }

  /** A file of the worker for data in transit. */
  public Path spool(String name) {
    return own.resolve(name);
  }
}
