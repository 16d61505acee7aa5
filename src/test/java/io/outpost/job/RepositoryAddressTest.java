package io.outpost.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outpost.kernel.Problem;
import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** No repository address leads a worker into its own network. */
class RepositoryAddressTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://localhost/a",
        "https://LOCALHOST/a",
        "https://127.0.0.1/a",
        "https://127.1/a",
        "https://0177.0.0.1/a",
        "https://0.0.0.0/a",
        "https://[::1]/a",
        "https://[fe80::1]/a",
        "https://[::ffff:127.0.0.1]/a",
        "https://169.254.169.254/a",
        "https://172.16.0.1/a",
        "https://999.1.1.1/a",
        "https://printer.local/a",
        "https://git.corp/a",
        "http://github.com/a",
        "file:///etc/passwd",
        "//github.com/a",
        "github.com/a",
        "https:github.com/a",
        "ssh://github.com/a",
        "ssh://git:x@github.com/a",
        "ssh://-o@github.com/a",
        "ssh://git@-o/a",
        "ssh://git@127.0.0.1/a",
        "ssh://git@[::1]/a",
        "ssh://git@github.com",
        "git@127.0.0.1:a",
        "git@github.com:",
        "-git@github.com:a",
        "git@-github.com/a:b",
        "github.com:a"
      })
  void anAddressInsideIsNone(String url) {
    assertThatThrownBy(() -> RepositoryAddress.of(url, false)).isInstanceOf(Problem.class);
  }

  @Test
  void theShortFormOfSshIsTheLongOne() {
    assertThat(RepositoryAddress.of("git@github.com:acme/shop.git", false).uri())
        .hasToString("ssh://git@github.com/acme/shop.git");
    var address = RepositoryAddress.of("ssh://me@git.example.com:2222/a.git", false);
    assertThat(address.isSsh()).isTrue();
    assertThat(address.protocols()).isEqualTo("ssh");
    assertThat(address.port()).isEqualTo(2222);
  }

  @Test
  void aNameIsHeldToTheAddressesThatWereJudged() throws UnknownHostException {
    var outside = InetAddress.getByName("192.30.255.113");
    var inside = InetAddress.getByName("10.0.0.1");
    var here = InetAddress.getByName("127.0.0.1");
    assertThat(RepositoryAddress.of("https://GIT.example.com/a/b", false).pin(outside))
        .isEqualTo("git.example.com:443:192.30.255.113");
    assertThat(RepositoryAddress.of("http://127.0.0.1:8080/a/b", true).pin(here))
        .isEqualTo("127.0.0.1:8080:127.0.0.1");
    var address = RepositoryAddress.of("https://git.example.com/a", false);
    assertThatThrownBy(() -> address.pin(outside, inside)).isInstanceOf(UnknownHostException.class);
    assertThatThrownBy(() -> address.pin(here)).isInstanceOf(UnknownHostException.class);
  }
}
