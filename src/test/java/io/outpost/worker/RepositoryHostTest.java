package io.outpost.worker;

import static io.outpost.worker.RepositoryHost.GITHUB;
import static io.outpost.worker.RepositoryHost.GITLAB;
import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.job.RepositoryAddress;
import org.junit.jupiter.api.Test;

/** Finds the kind and the address of the API for pull requests. */
class RepositoryHostTest {

  private static RepositoryAddress at(String url) {
    return RepositoryAddress.of(url, false);
  }

  @Test
  void knowsWhereTheApiIs() {
    assertThat(GITHUB.api(at("https://github.com/acme/shop.git")))
        .contains("https://api.github.com/repos/acme/shop/pulls");
    assertThat(GITHUB.api(at("https://Git.example.com:8443/acme/shop/")))
        .contains("https://git.example.com:8443/api/v3/repos/acme/shop/pulls");
    assertThat(GITHUB.api(at("https://github.com/acme/team/shop"))).isEmpty();
    assertThat(GITLAB.api(at("https://gitlab.com/acme/team/web/shop.git")))
        .contains("https://gitlab.com/api/v4/projects/acme%2Fteam%2Fweb%2Fshop/merge_requests");
    assertThat(GITLAB.api(at("https://gitlab.com/shop.git"))).isEmpty();
  }

  @Test
  void tellsHostsByTheirNames() {
    assertThat(RepositoryHost.of(at("https://github.com/a/b"))).containsExactly(GITHUB);
    assertThat(RepositoryHost.of(at("https://gitlab.example.com/a/b"))).containsExactly(GITLAB);
    assertThat(RepositoryHost.of(at("https://git.example.com/a/b")))
        .containsExactly(GITHUB, GITLAB);
    assertThat(RepositoryHost.of(at("https://git.example.com/a/b/c"))).containsExactly(GITLAB);
    assertThat(RepositoryHost.of(at("https://git.example.com/a"))).isEmpty();
  }
}
