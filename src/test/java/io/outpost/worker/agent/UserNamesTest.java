package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Users get names without damage to /etc/passwd and /etc/group. */
class UserNamesTest {

  private static final String PASSWD =
      "root:x:0:0:r\u00f6\u00f6t:/root:/bin/bash\n+::::::\nbuild:x:20007:1::/:/bin/sh";

  @TempDir Path etc;

  @Test
  void aMissingNameIsAddedAndTheOthersStayAsTheyWere() throws Exception {
    Files.write(
        etc.resolve("passwd"), PASSWD.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1));
    UserNames names = new UserNames(etc, Path.of("/run/outpost"));
    assertThat(names.of(20_001)).isEqualTo("agent20001");
    assertThat(names.of(20_007)).isEqualTo("build");
    assertThat(new UserNames(etc, Path.of("/run/outpost")).of(20_001)).isEqualTo("agent20001");
    assertThat(
            Files.readString(etc.resolve("passwd"), java.nio.charset.StandardCharsets.ISO_8859_1))
        .isEqualTo(
            PASSWD
                + "\nagent20001:x:20001:20001:Outpost agent:/run/outpost/user-20001/home:"
                + UserNames.SHELL
                + "\n");
    assertThat(etc.resolve("group")).hasContent("agent20001:x:20001:\n");
    assertThat(Files.getPosixFilePermissions(etc.resolve("passwd"))).hasSize(4);
  }

  @Test
  void workersThatStartTogetherLoseNoName() throws Exception {
    List<Thread> all =
        IntStream.range(0, 20)
            .mapToObj(
                user ->
                    Thread.ofPlatform()
                        .start(() -> new UserNames(etc, Path.of("/homes")).of(30_000 + user)))
            .toList();
    for (Thread one : all) {
      one.join();
    }
    assertThat(Files.readAllLines(etc.resolve("passwd"))).hasSize(20).doesNotHaveDuplicates();
    assertThat(Files.readAllLines(etc.resolve("group"))).hasSize(20);
  }

  @Test
  void filesThatCannotBeWrittenStopNoJob() {
    assertThat(new UserNames(etc.resolve("missing"), Path.of("/homes")).of(20_001))
        .isEqualTo("agent20001");
  }

  @Test
  void theImageHasTheSameNames() throws Exception {
    String image = Files.readString(Path.of("docker/worker/Dockerfile"));
    Matcher line = Pattern.compile("echo \"(agent[^\"]*)\" >>/etc/(passwd|group)").matcher(image);
    new UserNames(etc, Path.of("/run/outpost")).of(20_001);
    int found = 0;
    while (line.find()) {
      found++;
      assertThat(etc.resolve(line.group(2)))
          .content()
          .isEqualTo(line.group(1).replace("$user", "20001") + "\n");
    }
    assertThat(found).isEqualTo(2);
  }
}
