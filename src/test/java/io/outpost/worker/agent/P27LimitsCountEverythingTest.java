package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.kernel.Ids;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Promise 27: a job's limits count everything of its user, wherever it is; and what it leaves
 * cannot exhaust the worker.
 */
@Tag("product")
class P27LimitsCountEverythingTest {

  private static final long MB = 1_000_000;

  @TempDir(factory = TestConfinement.Passable.class)
  Path directory;

  /**
   * Each holds twenty megabytes, beside as many in an interpreter's memory: bytes on disk, or bytes
   * of memory.
   */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "work | f = open('f', 'wb'); f.write(data) | 0 | 20 | 22",
        "home | f = open(os.environ['HOME'] + '/f', 'wb'); f.write(data) | 0 | 20 | 22",
        "/tmp | f = open('/tmp/' + tag, 'wb'); f.write(data) | 0 | 20 | 22",
        "/var/tmp | f = open('/var/tmp/' + tag, 'wb'); f.write(data) | 0 | 20 | 22",
        "/dev/shm | f = open('/dev/shm/' + tag, 'wb'); f.write(data) | 0 | 20 | 22",
        "unlinked | f = open('f', 'wb'); os.unlink('f'); f.write(data) | 0 | 20 | 22",
        "no name | f = os.fdopen(os.open('.', os.O_TMPFILE + os.O_WRONLY), 'wb'); f.write(data) | 0"
            + " | 20 | 22",
        "memfd | f = os.fdopen(os.memfd_create('f'), 'wb'); f.write(data) | 0 | 20 | 22",
        "hides | import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0); f = open('f', 'wb');"
            + " os.unlink('f'); f.write(data) | 0 | 20 | 22",
        "hides shared memory | import ctypes; ctypes.CDLL(None).prctl(4, 0, 0, 0, 0); f ="
            + " open('/dev/null', 'wb'); m = mmap.mmap(-1, len(data)); m.write(data) | 2 | 40 | 75",
        "unreadable folder | os.mkdir('d'); f = open('d/f', 'wb'); f.write(data); os.chmod('d',"
            + " 0o500) | 0 | 20 | 22",
        "heap | f = open('/dev/null', 'wb'); kept = bytearray(data) | 2 | 40 | 60",
        "memfd, as memory | f = os.fdopen(os.memfd_create('f'), 'wb'); f.write(data) | 2 | 40 | 60",
        "/dev/shm, as memory | f = open('/dev/shm/' + tag, 'wb'); f.write(data) | 2 | 40 | 60",
        "shared by four | f = open('/dev/null', 'wb'); m = mmap.mmap(-1, len(data)); m.write(data);"
            + " [os.fork() and 0 for _ in range(2)]; m[::4096] | 2 | 40 | 75",
      })
  void whereverItIs(String where, String step, int number, long least, long most) throws Exception {
    try (Slots slots =
        TestConfinement.slots(directory.resolve("jobs"), TestConfinement.slotUsers())) {
      ResourceWatch.Taken taken = measured(slots, step);
      assertThat(number == 0 ? taken.disk() : taken.memory())
          .as(where)
          .isBetween(least * MB, most * MB);
    }
  }

  /** Files in a folder that even its owner may not read cannot be counted, and that is noticed. */
  @Test
  void aClosedFolderIsCounted() throws Exception {
    try (Slots slots =
        TestConfinement.slots(directory.resolve("jobs"), TestConfinement.slotUsers())) {
      String close = "os.mkdir('d'); f = open('d/f', 'wb'); f.write(data); os.chmod('d', 0)";
      assertThat(measured(slots, close).sent()).isOne();
    }
  }

  /** A program that its user may not read can hide its open files, and that is noticed. */
  @Test
  void aProgramThatHidesIsCounted() throws Exception {
    try (Slots slots =
        TestConfinement.slots(directory.resolve("jobs"), TestConfinement.slotUsers())) {
      String hide =
          "f = open('/dev/null', 'wb'); import shutil, subprocess; shutil.copy('/bin/sleep', 'p');"
              + " os.chmod('p', 0o111); subprocess.Popen(['./p', '600'])";
      assertThat(measured(slots, hide).hidden()).isOne();
      assertThat(measured(slots, hide.replace("0o111", "0o755")).hidden()).isZero();
    }
  }

  /** A file that was sent over a socket and not received belongs to no process and stays open. */
  @Test
  void whatIsOnItsWayBetweenProcessesIsCounted() throws Exception {
    try (Slots slots =
        TestConfinement.slots(directory.resolve("jobs"), TestConfinement.slotUsers())) {
      String send =
          "import array, socket; a, b = socket.socketpair(); f = open('f', 'wb'); os.unlink('f');"
              + " f.write(data); f.flush(); a.sendmsg([b'x'], [(socket.SOL_SOCKET,"
              + " socket.SCM_RIGHTS, array.array('i', [f.fileno()]))]); f.close(); f ="
              + " open('/dev/null', 'wb')";
      assertThat(measured(slots, send).sent()).isOne();
      assertThat(measured(slots, send.replace("f.close();", "b.recvmsg(1, 100);")).sent()).isZero();
    }
  }

  /** Four hundred megabytes that no process shows are noticed by the machine's total. */
  @Test
  void whatIsHiddenOnItsWayIsTakenOfTheMachine() throws Exception {
    try (Slots slots =
        TestConfinement.slots(directory.resolve("jobs"), TestConfinement.slotUsers())) {
      String nothing = "f = open('/dev/null', 'wb')";
      String send =
          """
          import array, socket; a, b = socket.socketpair()
          for i in range(10):
              f = open("f%d" % i, "wb"); f.write(data + data); f.flush(); os.unlink(f.name)
              rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [f.fileno()]))
              a.sendmsg([b"x"], [rights]); f.close()
          """
              + nothing;
      long before = measured(slots, nothing).byAll();
      ResourceWatch.Taken hidden = measured(slots, send);
      assertThat(hidden.disk()).isLessThan(MB);
      assertThat(hidden.sent()).isOne();
      assertThat(hidden.byAll() - before)
          .as("more than what others may have given back meanwhile")
          .isGreaterThan(100 * MB);
    }
  }

  @Test
  void nothingHidesInASandbox() throws Exception {
    try (Slots slots =
        TestConfinement.slots(directory.resolve("jobs"), TestConfinement.sandboxedSlots())) {
      assertThat(measured(slots, "f = open('/dev/null', 'wb')").hidden()).isZero();
    }
  }

  @Test
  void filesWithoutContentCount() throws Exception {
    try (Slots slots =
        TestConfinement.slots(directory.resolve("jobs"), TestConfinement.slotUsers())) {
      String make =
          "f = open('/dev/null', 'wb'); [os.close(os.open('e%d' % i, os.O_CREAT)) for i in"
              + " range(2000)]; [os.close(os.open('/tmp/%s%d' % (tag, i), os.O_CREAT)) for i in"
              + " range(500)]";
      assertThat(measured(slots, make).files()).isBetween(2500L, 2520L);
    }
  }

  private static ResourceWatch.Taken measured(Slots slots, String step) throws Exception {
    String python =
        """
        import mmap, os, sys, time
        data = b"x" * 20000000; tag = "%s"
        %s
        f.flush()
        sys.stdout.write("held\\n"); sys.stdout.flush()
        time.sleep(600)
        """
            .formatted(Ids.unguessable(), step);
    try (JobFiles files = slots.open(Ids.unguessable(), 0)) {
      AgentRun run =
          AgentRun.script(slots, "")
              .command(
                  List.of(Isolation.TOOLS.find("python3").orElseThrow().toString(), "-c", python));
      AgentProcess process = run.startIn(files);
      await().until(() -> run.output().contains("held") || !process.isRunning());
      assertThat(process.isRunning()).as(run.output()).isTrue();
      ResourceWatch.Taken taken =
          slots.measure(
              files.directory(), 0, slots.confinement().members(null, files.directory(), 0));
      process.stop(StopReason.CANCELLED);
      AgentRun.endOf(process);
      return taken;
    }
  }

  /** Their paths alone exceed the memory of the process. */
  @Test
  void manyArtifactsDoNotFillTheWorker() throws Exception {
    collect(20_000, "-Xmx48m");
  }

  @Test
  @Tag("deep")
  void twoHundredAndTwentyThousandArtifactsDoNotFillTheWorker() throws Exception {
    collect(220_000, "-Xmx64m");
  }

  private void collect(int number, String heap) throws Exception {
    TestConfinement.slotUsers().close();
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                heap,
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                ManyArtifacts.class.getName(),
                directory.toString(),
                Integer.toString(number))
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    assertThat(output).contains("kept 1000, left out " + (number - 1000));
    System.out.println(number + " artifacts: " + output.lines().toList().getLast());
  }
}
