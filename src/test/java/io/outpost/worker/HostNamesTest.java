package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayDeque;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A job with a host that does not exist fails; one whose host cannot be resolved now is retried.
 */
class HostNamesTest {

  /** Java's message on Linux, which contains the C library's text. */
  private static final String SILENT = "git.example.com: Temporary failure in name resolution";

  private static final String MISSING = "git.example.com: Name or service not known";

  /** Java's message for ten seconds after a failed look-up of any kind, from its negative cache. */
  private static final String REMEMBERED = "git.example.com";

  private static HostNames that(String... says) {
    var answers = new ArrayDeque<>(List.of(says));
    return new HostNames(
        host -> {
          throw new UnknownHostException(answers.remove());
        });
  }

  @Test
  void aNameServerThatDoesNotAnswerIsNoFaultOfTheHosts() {
    for (var says : List.of(SILENT, REMEMBERED)) {
      assertThatThrownBy(() -> that(says).find("git.example.com"))
          .as(says)
          .isInstanceOf(NoNameServer.class)
          .hasMessageContaining("git.example.com");
    }
  }

  @Test
  void aHostThatDoesNotExistIsToldAsSuchAlsoWhileJavaRemembersIt() {
    var names = that(MISSING, REMEMBERED);
    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> names.find("git.example.com"))
          .isInstanceOf(UnknownHostException.class);
    }
    assertThatThrownBy(() -> that(SILENT).find("git.example.invalid"))
        .isInstanceOf(UnknownHostException.class);
  }

  @Test
  void whatIsFoundIsGiven() throws IOException {
    assertThat(new HostNames().find("192.0.2.1"))
        .containsExactly(InetAddress.getByName("192.0.2.1"));
  }
}
