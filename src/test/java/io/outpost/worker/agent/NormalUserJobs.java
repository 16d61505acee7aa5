package io.outpost.worker.agent;

import io.outpost.worker.agent.AgentRunSettings.SandboxUse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Hostile jobs on a worker that is a normal user; what became of them is printed, a line for each.
 */
final class NormalUserJobs {

  private final Slots slots;
  private final Map<String, String> results = new TreeMap<>();

  private NormalUserJobs(Slots slots) {
    this.slots = slots;
  }

  /** Arguments: the directory of jobs, and whether a sandbox may be used. */
  public static void main(String[] args) throws Exception {
    run(Path.of(args[0]), SandboxUse.valueOf(args[1]))
        .forEach((name, result) -> System.out.println(name + ": " + result));
  }

  static Map<String, String> run(Path jobs, SandboxUse sandbox) throws Exception {
    try (Slots slots = new Isolation(TestConfinement.settings(sandbox)).slots(jobs)) {
      NormalUserJobs all = new NormalUserJobs(slots);
      all.results.put("confinement", slots.confinement().description());
      all.attack();
      return all.results;
    }
  }

  private void attack() throws Exception {
    job("fork-bomb", "f() { f | f & f; }; f", Duration.ofSeconds(2));
    job("ignores-term", "trap '' TERM; while :; do sleep 1; done", Duration.ofSeconds(1));
    job(
        "fills-disk",
        "i=0; while :; do i=$((i+1)); head -c 20000000 /dev/zero > f$i; sleep 0.1; done",
        Duration.ofMinutes(1));
    job("prints-much", "head -c 1073741824 /dev/zero; exit 5", Duration.ofMinutes(1));
    String mark = Long.toString(System.nanoTime());
    job(
        "daemonizes",
        "(setsid sleep " + mark + " > /dev/null 2>&1 &); sleep 0.3",
        Duration.ofMinutes(1));
    results.put("daemons left", Long.toString(sleepers(mark)));
    AgentRun run =
        job(
            "reads-worker",
            "cat /proc/" + ProcessHandle.current().pid() + "/environ > /dev/null",
            Duration.ofMinutes(1));
    results.put(
        "worker's environment", run.output().contains("No such file") ? "out of reach" : "reached");
    results.put("name", job("whoami", "whoami", Duration.ofMinutes(1)).output().strip());
    // glibc has every process that it starts ignore its own two.
    job(
        "signals",
        "grep -E '^Sig(Blk|Ign):[[:space:]]*0+(180000000)?$' /proc/self/status | wc -l | grep -x 2",
        Duration.ofMinutes(1));
    AgentRun keys = AgentRun.script(slots, "").command(KeyringScript.PUT);
    keys.toEnd();
    results.put(
        "keyrings", KeyringScript.works() && keys.output().contains("put") ? "open" : "refused");
    job("next", "echo fine", Duration.ofMinutes(1));
  }

  private AgentRun job(String name, String script, Duration limit) throws Exception {
    AgentRun run = AgentRun.script(slots, script).limit(limit);
    AgentResult result = run.toEnd();
    String end = result.stopped().map(StopReason::name).orElse("exit " + result.exitCode());
    results.put(name, end + (result.outputCut() ? ", output cut" : ""));
    return run;
  }

  private static long sleepers(String mark) {
    return ProcessHandle.allProcesses()
        .filter(
            process ->
                process.info().arguments().stream().flatMap(Stream::of).anyMatch(mark::equals))
        .count();
  }
}
