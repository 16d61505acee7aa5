package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two workers of a machine never share users or directories, in any processes. */
class WorkerLockTest {

  @TempDir Path directory;

  /** Whether another process could lock the file. */
  private boolean isFree(Path file) {
    var program =
        """
        import fcntl, sys
        try: fcntl.lockf(open(sys.argv[1], "r+"), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError: sys.exit(1)
        """;
    return Tool.run(List.of("/usr/bin/env", "python3", "-c", program, file.toString())).succeeded();
  }

  @Test
  void aSecondWorkerOfTheProcessDoesNotGiveTheFirstOnesLockUp() throws Exception {
    var file = directory.resolve("lock");
    try (var first = WorkerLock.take(file).orElseThrow()) {
      assertThat(isFree(file)).isFalse();
      assertThat(WorkerLock.take(file)).isEmpty();
      assertThat(isFree(file)).isFalse();
    }
    assertThat(isFree(file)).isTrue();
    WorkerLock.take(file).orElseThrow().close();
  }
}
