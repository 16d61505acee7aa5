package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Promise 17: an agent cannot reach the worker's credentials, other tenants' files, processes or
 * task texts; and whatever it does, its slot serves the next job as if nothing had been.
 */
abstract class HostileJobs {

  @TempDir(factory = TestConfinement.Passable.class)
  Path jobs;

  private Slots slots;

  abstract Confinement confine() throws IOException;

  @BeforeEach
  void keepApart() throws IOException {
    slots = TestConfinement.slots(jobs, confine());
  }

  @AfterEach
  void theSlotServesTheNextJob() throws Exception {
    if (slots == null) {
      return; // this machine cannot confine so: the test was skipped
    }
    AgentResult next = AgentRun.script(slots, "echo fine").toEnd();
    assertThat(next.succeeded()).isTrue();
    assertThat(slots.confinement().members(null, null, 0)).isEmpty();
    slots.close();
  }

  private AgentRun hostile(String script) {
    return AgentRun.script(slots, script);
  }

  @Test
  void anotherTenantsFilesTaskAndKeysAreOutOfReach() throws Exception {
    AgentRun neighbour = victim();
    AgentProcess victim = neighbour.start();
    await().until(() -> victim.outputBytes() > 0);
    String root = neighbour.files().root().toString();
    AgentRun run =
        hostile(
            """
            cat ROOT/work/* ROOT/home/* ROOT/output.txt ROOT/task.txt
            ls ROOT/work ROOT/home ROOT/tmp && echo LIST''ED
            ls ROOT/.. && echo LIST''ED
            echo taken > ROOT/work/taken || echo refused
            cat /proc/*/cmdline | tr '\\0' ' '
            cat /proc/*/environ | tr '\\0' ' '
            kill -TERM -1
            """
                .replace("ROOT", root));
    run.toEnd();
    assertThat(run.output()).contains("refused").doesNotContain("canary", "LISTED");
    assertThat(victim.isRunning()).isTrue();
    victim.stop(StopReason.CANCELLED);
    AgentRun.endOf(victim);
  }

  private AgentRun victim() {
    return AgentRun.script(slots, "cat > plan; cp plan ~; mkfifo never; echo up; read x < never")
        .slot(1)
        .task("the canary plan")
        .keys(Map.of("FIRST_KEY", "canary-key-1234"));
  }

  /** Splits its words by quotes, because other processes can read command lines. */
  @Test
  void whatAnotherJobWritesToSharedFoldersIsOutOfReach() throws Exception {
    AgentRun neighbour =
        AgentRun.script(
                slots,
                """
                for d in /tmp /var/tmp /dev/shm; do
                  mkdir $d/near; echo can''ary > $d/near/plan; cp $d/near/plan $d/near.txt
                done
                mkfifo never; echo up; read x < never
                """)
            .slot(1);
    AgentProcess writing = neighbour.start();
    await().until(() -> writing.outputBytes() > 0);
    AgentRun run =
        hostile(
            """
            for d in /tmp /var/tmp /dev/shm; do
              cat $d/near/plan $d/near.txt
              ls $d/near && echo LIST''ED
              echo taken > $d/near/mine && echo TA''KEN
            done
            """);
    run.toEnd();
    assertThat(run.output()).doesNotContain("canary", "LISTED", "TAKEN");
    writing.stop(StopReason.CANCELLED);
    AgentRun.endOf(writing);
    neighbour.cleanUp();
  }

  @Test
  void theWorkersProcessIsOutOfReach() throws Exception {
    AgentRun run =
        hostile(
            """
            for file in environ maps mem fd/0 cwd/pom.xml root/etc/passwd; do
              head -c 1 /proc/WORKER/$file > /dev/null && echo REACHED $file
            done
            ls /proc/WORKER/fd && echo REACHED
            kill -KILL WORKER && echo REACHED
            """
                .replace("WORKER", Long.toString(ProcessHandle.current().pid())));
    run.toEnd();
    assertThat(run.output()).doesNotContain("REACHED");
  }

  @Test
  void theWorkersOwnFilesAreOutOfReach() throws Exception {
    Path catalogue = JobDirectories.newFile(jobs.resolve("catalogue.yaml"));
    Files.writeString(catalogue, "canary");
    AgentRun run =
        hostile("cat " + catalogue + " ../../own*/*/*; ls ../../own*/* .. ../.. && echo LISTED");
    run.toEnd();
    assertThat(run.output()).doesNotContain("canary", "LISTED");
  }

  @Test
  void itHasNoPrivilegeAndCannotGetOne() throws Exception {
    AgentRun run = hostile("cat /proc/self/status; id -u; id -G; ls /proc/self/fd | tr '\\n' ' '");
    run.toEnd();
    assertThat(run.output())
        .containsPattern(
            "CapInh:\\s0+\nCapPrm:\\s0+\nCapEff:\\s0+\nCapBnd:\\s0+\nCapAmb:\\s0+\nNoNewPrivs:\\s1\n")
        .containsPattern("\n(6\\d{4})\n\\1\n0 1 2 3 $");
  }

  @Test
  void noCredentialOfTheWorkersIsInItsEnvironment() throws Exception {
    AgentRun run = hostile("env");
    run.toEnd();
    assertThat(run.output().lines().map(line -> line.replaceAll("=.*", "")))
        .containsExactlyInAnyOrder(
            "AWS_EC2_METADATA_DISABLED",
            "FIXED",
            "HOME",
            "LANG",
            "LOGNAME",
            "OUTPOST_JOB_ID",
            "PATH",
            "PWD",
            "SHELL",
            "TERM",
            "TMPDIR",
            "USER");
  }

  @Test
  void aForkBombEndsWithItsJob() throws Exception {
    AgentResult result = hostile("f() { f | f & f; }; f").limit(Duration.ofSeconds(2)).toEnd();
    assertThat(result.succeeded()).isFalse();
  }

  @Test
  void aJobThatKillsWhatComesNearIsEndedAllTheSame() throws Exception {
    String killers =
        "for i in 1 2 3; do (trap '' TERM; while :; do kill -KILL -1; done) & done; wait; sleep 60";
    AgentResult result = hostile(killers).limit(Duration.ofSeconds(1)).toEnd();
    assertThat(result.succeeded()).isFalse();
  }

  @Test
  void daemonsWithoutATraceEndWithTheJob() throws Exception {
    String mark = Long.toString(System.nanoTime());
    AgentRun run =
        hostile(
            "(cd /; setsid env -i sleep MARK > /dev/null 2>&1 < /dev/null &); sleep 0.3"
                .replace("MARK", mark));
    assertThat(run.toEnd().succeeded()).isTrue();
    assertThat(
            ProcessHandle.allProcesses()
                .flatMap(process -> process.info().arguments().stream().flatMap(Stream::of)))
        .doesNotContain(mark);
  }

  @Test
  void aJobThatFillsTheDiskIsStoppedAndToldWhy() throws Exception {
    AgentResult result =
        hostile(
                "i=0; while :; do i=$((i+1)); head -c 20000000 /dev/zero > ~/file$i; sleep 0.1; done")
            .toEnd();
    assertThat(result.stopped()).hasValue(StopReason.DISK_LIMIT);
    assertThat(result.explanation())
        .isEqualTo("The agent was stopped: it used more disk than allowed.");
  }

  @Test
  void noFileGrowsPastItsLimit() throws Exception {
    AgentRun run = hostile("head -c 90000000 /dev/zero > large; echo ended with $?");
    run.toEnd();
    assertThat(run.files().work().resolve("large"))
        .hasSize(TestConfinement.SETTINGS.fileSize().toBytes());
    assertThat(run.output()).doesNotContain("ended with 0");
  }

  @Test
  void aJobThatTakesAllMemoryIsStopped() throws Exception {
    AgentResult alone =
        hostile("head -c 2000000000 /dev/zero | tail -c 1900000000 > /dev/null").toEnd();
    assertThat(alone.succeeded()).isFalse();
    String together =
        "for i in 1 2 3 4; do (head -c 400000000 /dev/zero; cat never) | tail -c 400000000 & done; wait";
    AgentResult many = hostile("mkfifo never; " + together).limit(Duration.ofMinutes(3)).toEnd();
    assertThat(many.stopped()).hasValue(StopReason.MEMORY_LIMIT);
  }

  @Test
  void aGibibyteOfOutputIsCutAndStopsNothing() throws Exception {
    AgentRun run = hostile("head -c 1073741824 /dev/zero; echo; echo reached the end >&2; exit 5");
    AgentResult result = run.toEnd();
    assertThat(result.exitCode()).isEqualTo(5);
    assertThat(result.outputCut()).isTrue();
    assertThat(run.files().output().toFile())
        .satisfies(file -> assertThat(file.length()).isLessThan(1_100_000));
  }

  @Test
  void itsProviderKeyIsNotInTheOutputHoweverItIsPrinted() throws Exception {
    AgentRun run =
        hostile(
                "env; echo \"x${FIRST_KEY}y\"; echo \"$FIRST_KEY\" | fold -w1 | while read c; do printf %s $c; done")
            .keys(Map.of("FIRST_KEY", "sk-canary-0123456789"));
    run.toEnd();
    assertThat(run.output())
        .doesNotContain("canary")
        .contains("x[redacted]y")
        .endsWith("[redacted]");
  }

  /** Keyrings outlive processes, and their owner can deny access to those who would clear them. */
  @Test
  void noJobPutsAKeyIntoTheKernel() throws Exception {
    assumeTrue(
        KeyringScript.works(),
        "SKIPPED: this kernel, or the container, lets nobody use keyrings, so no job can either");
    AgentRun run = AgentRun.script(slots, "").command(KeyringScript.PUT);
    run.toEnd();
    assertThat(run.output())
        .isEqualTo("-4 refused\n-3 refused\n-5 refused\nsession refused\nold calls refused\n");
  }

  @Test
  void itsQueuesSemaphoresAndSegmentsAreGoneWithTheJob() throws Exception {
    AgentRun first =
        hostile(
            """
            ipcmk -Q -p 666 && ipcmk -S 3 -p 666 && ipcmk -M 4096 -p 666
            ipcmk -Q -p 0 && ipcmk -S 3 -p 0 && ipcmk -M 4096 -p 0
            perl -e 'shmctl(shmget(0, 4096, 0600), 11, 0) or die; print "a locked segment\n"'
            python3 -c 'import ctypes, os
            queue = ctypes.CDLL("librt.so.1").mq_open(b"/left", os.O_CREAT | os.O_RDWR, 0o666, None)
            print("posix queue", "made" if queue >= 0 else "refused")'
            """);
    first.toEnd();
    String user = Files.getAttribute(first.files().work(), "unix:uid").toString();
    assertThat(first.output())
        .contains("essage queue id", "emaphore id", "emory id", "a locked segment", "refused");
    first.cleanUp();
    for (String kind : new String[] {"msg", "sem", "shm"}) {
      Path table = Path.of("/proc/sysvipc", kind);
      assertThat(Files.readString(table)).doesNotContainPattern("\\s" + user + "\\s");
    }
  }

  /** Splits its word by quotes, because other tests search all command lines for it. */
  @Test
  void nothingIsLeftForTheNextJobOfTheSlot() throws Exception {
    AgentRun first =
        hostile(
            "for d in /tmp /var/tmp /dev/shm /run/lock; do mkdir $d/left; echo can''ary > $d/left/x; chmod 0 $d/left; done; ipcmk -M 100");
    first.toEnd();
    first.cleanUp();
    AgentRun next =
        AgentRun.script(
            slots,
            "cat /tmp/left*/x /var/tmp/left*/x /dev/shm/left*/x; ls -d /tmp/left /var/tmp/left /dev/shm/left /run/lock/left && echo can''ary; ipcs -m");
    next.toEnd();
    String user = Files.getAttribute(next.files().work(), "unix:uid").toString();
    assertThat(next.output()).doesNotContain("canary").doesNotContain(" " + user + " ");
  }
}
