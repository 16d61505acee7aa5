package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.outpost.agents.Agent;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.util.unit.DataSize;

/** Runs agents as real processes and checks task, output, limits and end. */
abstract class AgentProcessContract {

  @TempDir(factory = TestConfinement.Passable.class)
  Path jobs;

  Slots slots;

  abstract Confinement confine() throws IOException;

  @BeforeEach
  void keepApart() throws IOException {
    slots = TestConfinement.slots(jobs, confine());
  }

  @AfterEach
  void giveBack() throws IOException {
    if (slots != null) { // null where this machine cannot confine so, and the test is skipped
      slots.close();
    }
  }

  private AgentRun script(String script) {
    return AgentRun.script(slots, script);
  }

  @Test
  void theTaskArrivesOnStandardInputWhichThenEnds() throws Exception {
    AgentRun run =
        script("cat; echo; echo end of input").task("first line\nsecond $HOME `id` line");
    assertThat(run.toEnd().succeeded()).isTrue();
    assertThat(run.output()).isEqualTo("first line\nsecond $HOME `id` line\nend of input\n");
  }

  @Test
  void theTaskIsAFileWhereTheCommandAsksForOneAndInNoArgument() throws Exception {
    AgentRun run =
        script("")
            .command(
                List.of(
                    "/bin/sh",
                    "-c",
                    "cat \"$1\"; echo; echo \"$0\"; tr '\\0' ' ' < /proc/$$/cmdline",
                    "{model}",
                    "{task_file}"))
            .task("the secret plan");
    assertThat(run.toEnd().succeeded()).isTrue();
    assertThat(run.output())
        .startsWith("the secret plan\nsome-model\n")
        .containsOnlyOnce("the secret plan");
  }

  @Test
  void theKernelLimitsItFromItsFirstCommandOn() throws Exception {
    AgentRun run =
        script(
            "cat /proc/self/oom_score_adj; cut -d' ' -f19 /proc/self/stat; cat /proc/self/limits");
    assertThat(run.toEnd().succeeded()).isTrue();
    AgentRunSettings settings = TestConfinement.SETTINGS;
    assertThat(run.output())
        .matches("(?s)1000\n1\\d\n.*")
        .containsPattern(twice("Max cpu time", "\\d+"))
        .containsPattern(twice("Max file size", settings.fileSize().toBytes()))
        .containsPattern(twice("Max data size", settings.memoryBytes()))
        .containsPattern(twice("Max core file size", 0))
        .containsPattern(twice("Max processes", "\\d+"))
        .containsPattern(twice("Max open files", settings.openFiles()))
        .containsPattern(twice("Max msgqueue size", 0));
  }

  /** A pattern of a limit's line in /proc/self/limits, with this soft and hard value. */
  private static String twice(String limit, Object value) {
    return "(?m)^%s +%s +%s ".formatted(limit, value, value);
  }

  @Test
  void outputAndErrorKeepTheirOrder() throws Exception {
    AgentRun run = script("for i in 1 2 3; do echo out $i; echo err $i >&2; done");
    run.toEnd();
    assertThat(run.output()).isEqualTo("out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n");
  }

  @Test
  void outputIsThereWhileTheAgentRuns() throws Exception {
    AgentRun run = script("echo hello; mkfifo wait; read x < wait");
    AgentProcess process = run.start();
    await().until(() -> process.outputBytes() == 6);
    assertThat(process.isRunning()).isTrue();
    assertThat(process.awaitChange(Duration.ofMillis(1))).isFalse();
    assertThatThrownBy(process::result).isInstanceOf(IllegalStateException.class);
    assertThat(run.output()).isEqualTo("hello\n");
    process.stop(StopReason.CANCELLED);
    assertThat(AgentRun.endOf(process).stopped()).hasValue(StopReason.CANCELLED);
  }

  @Test
  void aFailureIsToldByItsExitCode() throws Exception {
    AgentResult result = script("echo broken >&2; exit 7").toEnd();
    assertThat(result.succeeded()).isFalse();
    assertThat(result.exitCode()).isEqualTo(7);
    assertThat(result.stopped()).isEmpty();
  }

  @Test
  void anotherCodeCanMeanSuccess() throws Exception {
    AgentRun run = script("exit 3");
    Agent agent = run.agent();
    Agent tolerant =
        new Agent(
            agent.name(),
            agent.title(),
            agent.command(),
            null,
            agent.providerVariables(),
            null,
            null,
            agent.timeLimit(),
            null,
            Set.of(0, 3),
            null,
            null,
            null,
            null,
            false);
    assertThat(AgentRun.endOf(run.start(tolerant)).succeeded()).isTrue();
  }

  @Test
  void moreOutputThanAllowedIsDroppedAndNeverBlocksTheAgent() throws Exception {
    AgentRun run =
        script("head -c 50000000 /dev/zero; echo done > reached").settings(keeping(1000));
    AgentResult result = run.toEnd();
    assertThat(result.succeeded()).isTrue();
    assertThat(result.outputCut()).isTrue();
    assertThat(run.files().work().resolve("reached")).exists();
    assertThat(run.output()).startsWith("\0".repeat(1000) + "\n[outpost: ").hasSizeLessThan(1200);
  }

  @Test
  void theTimeLimitStopsAnAgentThatIgnoresTheRequestToEnd() throws Exception {
    AgentResult result =
        script("trap '' TERM; while :; do sleep 1; done").limit(Duration.ofSeconds(3)).toEnd();
    assertThat(result.stopped()).hasValue(StopReason.TIME_LIMIT);
    assertThat(result.exitCode()).isEqualTo(128 + 9);
    assertThat(result.duration()).isBetween(StepRun.GRACE, StepRun.GRACE.plusSeconds(15));
  }

  @Test
  void anAgentThatIsAskedToEndMayTidyUp() throws Exception {
    AgentRun run =
        script("trap 'echo tidied; exit 0' TERM; echo ready; while :; do sleep 0.1; done");
    AgentProcess process = run.start();
    await().until(() -> process.outputBytes() > 0);
    process.stop(StopReason.RELEASED);
    AgentResult result = AgentRun.endOf(process);
    assertThat(result.succeeded()).isFalse();
    assertThat(result.stopped()).hasValue(StopReason.RELEASED);
    assertThat(run.output()).startsWith("ready\n").endsWith("tidied\n");
  }

  @Test
  void whatTheAgentLeavesRunningIsEndedWithIt() throws Exception {
    String mark = Long.toString(System.nanoTime());
    String daemons =
        "(setsid sleep %s & ) > /dev/null 2>&1; setsid sh -c 'echo up; exec sleep %s' & "
            .formatted(mark, mark);
    AgentProcess process = script("mkfifo never; " + daemons + "read x < never").start();
    await().until(() -> process.outputBytes() > 0 && sleepers(mark) == 2);
    process.stop(StopReason.CANCELLED);
    AgentRun.endOf(process);
    assertThat(sleepers(mark)).isZero();
  }

  static long sleepers(String mark) {
    return ProcessHandle.allProcesses()
        .filter(
            process ->
                process.info().arguments().stream().flatMap(Stream::of).anyMatch(mark::equals))
        .count();
  }

  @Test
  void theEnvironmentIsAnAllowListAndTheAgentsOwnKeys() throws Exception {
    AgentRun run =
        script("env | cut -d= -f1 | sort | tr '\\n' ' '; echo; echo $FIXED ${#SECOND_KEY}")
            .keys(Map.of("SECOND_KEY", "12345678"));
    run.toEnd();
    assertThat(run.output())
        .isEqualTo(
            "AWS_EC2_METADATA_DISABLED FIXED HOME LANG LOGNAME OUTPOST_JOB_ID PATH PWD SECOND_KEY"
                + " SHELL TERM TMPDIR USER \n"
                + "value 8\n");
  }

  @Test
  void itsUserHasTheNameThatProgramsAskFor() throws Exception {
    AgentRun run =
        script(
            """
            name=$(whoami) || exit 1
            test "$name" = "$(id -un)" && test "$(id -gn)" && test "$USER $LOGNAME" = "$name $name" || exit 2
            test "$(getent passwd "$name" | cut -d: -f3)" = "$(id -u)" && test -x "$SHELL" || exit 3
            perl -e 'exit(getpwuid($<) ? 0 : 1)' || exit 4
            git config --global user.email a@b.example && git init -q . && git commit -q --allow-empty -m x || exit 5
            if command -v ssh; then ssh -o BatchMode=yes -p 1 "$name@127.0.0.1" 2>&1 | grep -v "No user exists" || exit 6; fi
            """);
    AgentResult result = run.toEnd();
    assertThat(result.exitCode()).as(run.output()).isZero();
  }

  @Test
  void itsStandardStreamsCanBeOpenedByName() throws Exception {
    AgentRun run =
        script(
                """
                echo one > /dev/stdout; echo two > /dev/stderr; echo three | tee /dev/stderr
                cat /dev/stdin; echo; echo four | tee -a /proc/self/fd/2 > /dev/null
                sh -c 'echo five > /dev/fd/1' 2>&1
                """)
            .task("the task");
    assertThat(run.toEnd().succeeded()).as(run.output()).isTrue();
    assertThat(run.output())
        .startsWith("one\ntwo\n")
        .endsWith("the task\nfour\nfive\n")
        .containsPattern("three\nthree\n");
  }

  @Test
  void aProviderKeyNeverReachesTheDisk() throws Exception {
    AgentRun run =
        script("printf 'key: %.4s' \"$FIRST_KEY\"; sleep 0.2; printf '%s\\n' \"${FIRST_KEY#????}\"")
            .keys(Map.of("FIRST_KEY", "sk-abcdefgh"));
    run.toEnd();
    assertThat(run.output()).isEqualTo("key: [redacted]\n");
  }

  @Test
  void theLoginStepGetsTheKeyAndItsFailureIsTheJobs() throws Exception {
    AgentRun run = script("echo main").keys(Map.of("SECOND_KEY", "k-12345"));
    assertThat(
            AgentRun.endOf(run.start(withLogin(run, "cat | wc -c > ../home/login; echo in")))
                .succeeded())
        .isTrue();
    assertThat(run.output()).isEqualTo("in\nmain\n");
    assertThat(run.files().home().resolve("login")).hasContent("7\n");
    AgentResult refused = AgentRun.endOf(run.start(withLogin(run, "echo refused; exit 4")));
    assertThat(refused.exitCode()).isEqualTo(4);
    assertThat(run.output()).isEqualTo("refused\n");
  }

  @Test
  void consumptionIsReadFromTheLastLineThatTellsIt() throws Exception {
    AgentResult result =
        script(
                """
                echo '{"usage": {"in": 1, "out": 2}}'
                echo '{"usage": {"in": 10, "out": 20}, "cost": 0.0125}'
                echo '{"text": "bye"}'
                echo '{broken'
                """)
            .toEnd();
    assertThat(result.usage()).hasValue(new AgentUsage(10, 20, new BigDecimal("0.012500")));
    assertThat(script("echo '{\"usage\": {\"in\": \"many\"}}'").toEnd().usage())
        .isEqualTo(Optional.empty());
  }

  @Test
  void aMissingProgramIsToldByTheAgentsName() {
    AgentRun run = script("").command(List.of("no-such-program"));
    assertThatThrownBy(run::start)
        .isInstanceOf(AgentUnavailableException.class)
        .hasMessageContaining("'script'");
  }

  static Agent withLogin(AgentRun run, String script) {
    Agent agent = run.agent();
    return new Agent(
        agent.name(),
        agent.title(),
        agent.command(),
        agent.model(),
        agent.providerVariables(),
        List.of("/bin/sh", "-c", script),
        agent.environment(),
        agent.timeLimit(),
        agent.version(),
        agent.successCodes(),
        agent.usage(),
        null,
        null,
        null,
        false);
  }

  private static AgentRunSettings keeping(long outputBytes) {
    AgentRunSettings settings = TestConfinement.SETTINGS;
    return new AgentRunSettings(
        settings.directory(),
        settings.firstUser(),
        settings.sandbox(),
        DataSize.ofBytes(outputBytes),
        settings.processes(),
        settings.memory(),
        settings.disk(),
        settings.files(),
        settings.fileSize(),
        settings.openFiles());
  }
}
