package io.outpost.worker.agent;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Standard input and output of one command: a file and a named pipe of the command's user, so that
 * the command can open {@code /dev/stdin}, {@code /dev/stdout} and {@code /dev/stderr} again. Both
 * are unlinked once the command has started. For one thread, except for the output's reader.
 */
final class StandardStreams implements AutoCloseable {

  private final @Nullable Path input;
  private final Path pipe;
  private final RandomAccessFile keeper;
  private final InputStream output;

  private StandardStreams(
      @Nullable Path input, Path pipe, RandomAccessFile keeper, InputStream output) {
    this.input = input;
    this.pipe = pipe;
    this.keeper = keeper;
    this.output = output;
  }

  /**
   * Creates both in the worker's directory of the job. A secret input gets no file, only a pipe.
   */
  static StandardStreams of(AgentLaunch launch, Slots slots, StepRun.Step step) throws IOException {
    Confinement confinement = slots.confinement();
    JobDirectory directory = launch.directory();
    @Nullable Path input = null;
    if (!step.secret()) {
      input = JobDirectories.newFile(directory.spool("stdin"));
      Files.writeString(input, step.input(), StandardOpenOption.WRITE);
      confinement.give(input, launch.slot());
    }
    Path pipe = directory.spool("stdout");
    slots.pipes().take(pipe);
    // Opens the pipe for reading and writing, because opening only one end would block.
    RandomAccessFile keeper = new RandomAccessFile(pipe.toFile(), "rw");
    InputStream output = new FileInputStream(pipe.toFile());
    confinement.give(pipe, launch.slot());
    return new StandardStreams(input, pipe, keeper, output);
  }

  /**
   * Starts the command with both. Its output ends when the last process that holds the pipe ends.
   */
  Process start(ProcessBuilder builder) throws IOException {
    if (input != null) {
      builder.redirectInput(input.toFile());
    }
    builder.redirectOutput(pipe.toFile());
    try {
      return builder.start();
    } finally {
      close();
    }
  }

  /** The command's output. */
  InputStream output() {
    return output;
  }

  @Override
  public void close() throws IOException {
    keeper.close();
    Files.deleteIfExists(pipe);
    if (input != null) {
      Files.deleteIfExists(input);
    }
  }
}
