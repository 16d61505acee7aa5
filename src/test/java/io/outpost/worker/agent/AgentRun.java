package io.outpost.worker.agent;

import io.outpost.platform.agents.Agent;
import io.outpost.platform.agents.SearchPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A run to be made: a shell script plays the agent, in a directory of the test's. */
record AgentRun(
    Path directory,
    List<String> command,
    String task,
    Map<String, String> keys,
    Duration limit,
    long outputLimit) {

  static final SearchPath PROGRAMS = new SearchPath(System.getenv("PATH"));

  /** An agent that is this shell script. */
  static AgentRun script(Path directory, String script) {
    return new AgentRun(
        directory,
        List.of("/bin/sh", "-c", script),
        "the task",
        Map.of(),
        Duration.ofMinutes(1),
        1 << 20);
  }

  AgentRun task(String text) {
    return new AgentRun(directory, command, text, keys, limit, outputLimit);
  }

  AgentRun command(List<String> other) {
    return new AgentRun(directory, other, task, keys, limit, outputLimit);
  }

  AgentRun keys(Map<String, String> values) {
    return new AgentRun(directory, command, task, values, limit, outputLimit);
  }

  AgentRun limit(Duration value) {
    return new AgentRun(directory, command, task, keys, value, outputLimit);
  }

  AgentRun outputLimit(long bytes) {
    return new AgentRun(directory, command, task, keys, limit, bytes);
  }

  Agent agent() {
    return new Agent(
        "script",
        "A script",
        command,
        "some-model",
        List.of("FIRST_KEY", "SECOND_KEY"),
        List.of(),
        Map.of("FIXED", "value"),
        limit,
        List.of(),
        null,
        new Agent.UsagePointers("/usage/in", "/usage/out", "/cost"),
        false);
  }

  AgentProcess start() throws IOException {
    return start(agent());
  }

  AgentProcess start(Agent agent) throws IOException {
    AgentLaunch launch =
        new AgentLaunch(agent, task, directory, keys, Map.of("OUTPOST_JOB_ID", "job-1"), limit, 0);
    return new AgentLauncher(PROGRAMS, outputLimit, new SameUser(PROGRAMS)).start(launch);
  }

  /** Starts it and waits for its end. */
  AgentResult toEnd() throws IOException, InterruptedException {
    AgentProcess process = start();
    return endOf(process);
  }

  static AgentResult endOf(AgentProcess process) throws InterruptedException {
    if (!process.awaitChange(Duration.ofSeconds(60))) {
      throw new AssertionError("The run did not end: " + process.output());
    }
    return process.result();
  }

  String output() throws IOException {
    return Files.readString(new JobDirectory(directory).output());
  }
}
