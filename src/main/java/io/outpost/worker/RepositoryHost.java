package io.outpost.worker;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.job.RepositoryAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The API for pull requests of a kind of repository host. */
enum RepositoryHost {
  /** GitHub and GitHub Enterprise. */
  GITHUB(422, "application/vnd.github+json", "html_url") {
    private static final Pattern PLACE = place("{1}");

    @Override
    Optional<String> api(RepositoryAddress repository) {
      var host = repository.host();
      var api =
          host.equals("github.com") || host.equals("www.github.com")
              ? "https://api.github.com"
              : repository.origin().toLowerCase(Locale.ROOT) + "/api/v3";
      return path(PLACE, repository).map(path -> api + "/repos/" + path + "/pulls");
    }

    @Override
    Map<String, String> body(Wish wish) {
      return Map.of(
          "title", wish.title(),
          "head", wish.head(),
          "base", wish.base(),
          "body", wish.text());
    }

    @Override
    String query(RepositoryAddress repository, Wish wish) {
      var owner = repository.uri().getPath().split("/")[1];
      return "?state=open&head=%s&base=%s"
          .formatted(coded(owner + ":" + wish.head()), coded(wish.base()));
    }
  },

  /** GitLab, where pull requests are called merge requests. */
  GITLAB(409, "application/json", "web_url") {
    private static final Pattern PLACE = place("{1,20}");

    @Override
    Optional<String> api(RepositoryAddress repository) {
      var api = repository.origin().toLowerCase(Locale.ROOT) + "/api/v4/projects/";
      return path(PLACE, repository).map(path -> api + coded(path) + "/merge_requests");
    }

    @Override
    Map<String, String> body(Wish wish) {
      return Map.of(
          "title", wish.title(),
          "source_branch", wish.head(),
          "target_branch", wish.base(),
          "description", wish.text());
    }

    @Override
    String query(RepositoryAddress repository, Wish wish) {
      return "?state=opened&source_branch=%s&target_branch=%s"
          .formatted(coded(wish.head()), coded(wish.base()));
    }
  };

  private final int alreadyOpen;
  private final String accept;
  private final String link;

  RepositoryHost(int alreadyOpen, String accept, String link) {
    this.alreadyOpen = alreadyOpen;
    this.accept = accept;
    this.link = link;
  }

  /**
   * A pull request to open.
   *
   * @param head the pushed branch
   * @param base the target branch
   */
  record Wish(String title, String head, String base, String text) {}

  /**
   * The possible kinds of a repository host, judged by its name, the likeliest first. When one
   * kind's API does not know the repository, the next kind is tried.
   */
  static List<RepositoryHost> of(RepositoryAddress repository) {
    var host = repository.host();
    var possible =
        host.contains("github")
            ? Stream.of(GITHUB)
            : host.contains("gitlab") ? Stream.of(GITLAB) : Stream.of(values());
    return possible.filter(one -> one.api(repository).isPresent()).toList();
  }

  /**
   * The address of a repository's pull requests; empty when the repository's path cannot exist on
   * this kind of host.
   */
  abstract Optional<String> api(RepositoryAddress repository);

  /** The request that opens a pull request. */
  abstract Map<String, String> body(Wish wish);

  /** The query that finds an open pull request. */
  abstract String query(RepositoryAddress repository, Wish wish);

  /** The status of the answer when a pull request is open already. */
  int alreadyOpen() {
    return alreadyOpen;
  }

  String accept() {
    return accept;
  }

  /** The web address of a pull request; empty when the answer has none. */
  String link(JsonNode request) {
    return request.path(link).asText();
  }

  private static Pattern place(String groups) {
    return Pattern.compile("/([A-Za-z0-9._-]{1,100}(?:/[A-Za-z0-9._-]{1,100})" + groups + ")/?");
  }

  private static Optional<String> path(Pattern place, RepositoryAddress repository) {
    var path = place.matcher(repository.uri().getPath());
    return path.matches()
        ? Optional.of(path.group(1).replaceFirst("\\.git$", ""))
        : Optional.empty();
  }

  private static String coded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }
}
