package io.outpost.worker.agent;

import io.outpost.agents.Agent;
import io.outpost.agents.SearchPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A run to be made: a shell script plays the agent, in a directory of the test's. */
record AgentRun(
    Confinement confinement,
    AgentRunSettings settings,
    int slot,
    Path directory,
    List<String> command,
    String task,
    Map<String, String> keys,
    Duration limit) {

  static final SearchPath PROGRAMS = new SearchPath(System.getenv("PATH"));

  /** An agent that is this shell script. */
  static AgentRun script(Confinement confinement, Path directory, String script) {
    return new AgentRun(
        confinement,
        TestConfinement.SETTINGS,
        0,
        directory,
        List.of("/bin/sh", "-c", script),
        "the task",
        Map.of(),
        Duration.ofMinutes(1));
  }

  AgentRun settings(AgentRunSettings other) {
    return new AgentRun(confinement, other, slot, directory, command, task, keys, limit);
  }

  AgentRun slot(int other) {
    return new AgentRun(confinement, settings, other, directory, command, task, keys, limit);
  }

  AgentRun task(String text) {
    return new AgentRun(confinement, settings, slot, directory, command, text, keys, limit);
  }

  AgentRun command(List<String> other) {
    return new AgentRun(confinement, settings, slot, directory, other, task, keys, limit);
  }

  AgentRun keys(Map<String, String> values) {
    return new AgentRun(confinement, settings, slot, directory, command, task, values, limit);
  }

  AgentRun limit(Duration value) {
    return new AgentRun(confinement, settings, slot, directory, command, task, keys, value);
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
    return new AgentLauncher(PROGRAMS, settings, confinement)
        .start(
            new AgentLaunch(
                agent, task, directory, keys, Map.of("OUTPOST_JOB_ID", "job-1"), limit, slot));
  }

  /** Starts it and waits for its end. */
  AgentResult toEnd() throws IOException, InterruptedException {
    return endOf(start());
  }

  static AgentResult endOf(AgentProcess process) throws InterruptedException {
    if (!process.awaitChange(Duration.ofMinutes(5))) {
      throw new AssertionError("The run did not end: " + process.output());
    }
    return process.result();
  }

  JobDirectory files() {
    return new JobDirectory(directory);
  }

  String output() throws IOException {
    return Files.readString(files().output());
  }
}
