package io.outpost.worker.agent;

import io.outpost.agents.Agent;
import io.outpost.agents.SearchPath;
import io.outpost.kernel.Ids;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;

/** A run to be started, with a shell script as the agent. Each start has its own directory. */
record AgentRun(
    Slots slots,
    AgentRunSettings settings,
    int slot,
    AtomicReference<JobFiles> place,
    List<String> command,
    String task,
    Map<String, String> keys,
    Duration limit) {

  static final SearchPath PROGRAMS = new SearchPath(System.getenv("PATH"));

  /** A run of this shell script. */
  static AgentRun script(Slots slots, String script) {
    return new AgentRun(
        slots,
        TestConfinement.SETTINGS,
        0,
        new AtomicReference<>(),
        List.of("/bin/sh", "-c", script),
        "the task",
        Map.of(),
        Duration.ofMinutes(1));
  }

  AgentRun settings(AgentRunSettings other) {
    return new AgentRun(slots, other, slot, place, command, task, keys, limit);
  }

  AgentRun slot(int other) {
    return new AgentRun(slots, settings, other, place, command, task, keys, limit);
  }

  AgentRun task(String text) {
    return new AgentRun(slots, settings, slot, place, command, text, keys, limit);
  }

  AgentRun command(List<String> other) {
    return new AgentRun(slots, settings, slot, place, other, task, keys, limit);
  }

  AgentRun keys(Map<String, String> values) {
    return new AgentRun(slots, settings, slot, place, command, task, values, limit);
  }

  AgentRun limit(Duration value) {
    return new AgentRun(slots, settings, slot, place, command, task, keys, value);
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
        null,
        null,
        null,
        false);
  }

  AgentProcess start() throws IOException {
    return start(agent());
  }

  AgentProcess start(Agent agent) throws IOException {
    return startIn(slots.open(Ids.unguessable(), slot), agent);
  }

  /** Starts the run in existing files. */
  AgentProcess startIn(JobFiles files) throws IOException {
    return startIn(files, agent());
  }

  private AgentProcess startIn(JobFiles files, Agent agent) throws IOException {
    place.set(files);
    return new AgentLauncher(PROGRAMS, settings, slots)
        .start(new AgentLaunch(agent, task, files, keys, Map.of("OUTPOST_JOB_ID", "job-1"), limit));
  }

  /** Starts the run and waits for its end. */
  AgentResult toEnd() throws IOException, InterruptedException {
    return endOf(start());
  }

  static AgentResult endOf(AgentProcess process) throws InterruptedException {
    if (!process.awaitChange(Duration.ofMinutes(5))) {
      throw new AssertionError("The run did not end: " + process.output());
    }
    return process.result();
  }

  /** Removes the run's files. */
  void cleanUp() {
    place.get().close();
  }

  JobDirectory files() {
    return place.get().directory();
  }

  String output() throws IOException {
    return Files.readString(files().output());
  }
}
