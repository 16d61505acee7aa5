package io.outpost.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.job.Repository;
import io.outpost.job.RepositoryAddress;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.camel.ExchangeProperty;
import org.apache.hc.client5.http.classic.methods.HttpGet;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.StringEntity;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Opens pull requests for jobs that pushed changes, by the API of the repository's host, with the
 * tenant's token. A failure adds a warning to the job, which still succeeds. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("pullRequests")
public class PullRequests {

  private static final Pattern LINK = Pattern.compile("https?://[^\\s\"<>]{1,490}");
  private static final Pattern TOKEN = Pattern.compile("[!-~]{1,8192}");
  private static final int LONGEST_TITLE = 200;
  private static final int LONGEST_SAID = 300;
  private static final int NOT_FOUND = 404;
  private static final Set<Integer> FOR_NOW = Set.of(408, 429, 500, 502, 503, 504);

  private final ProviderKeys keys;
  private final HostNames hosts;
  private final PinnedHttp http;
  private final ObjectMapper mapper;
  private final boolean loopback;

  PullRequests(
      ProviderKeys keys,
      HostNames hosts,
      PinnedHttp http,
      ObjectMapper mapper,
      @Value("${outpost.repositories.allow-loopback}") boolean loopback) {
    this.keys = keys;
    this.hosts = hosts;
    this.http = http;
    this.mapper = mapper;
    this.loopback = loopback;
  }

  /**
   * Whether the run has pushed changes and its job asks for a pull request that does not exist yet.
   */
  public boolean isWanted(@ExchangeProperty("run") Run run) {
    var repository = run.repository();
    return repository != null
        && repository.pushed() != null
        && repository.pushed().pullRequestUrl() == null
        && Boolean.TRUE.equals(repository.pushTo().pullRequest())
        && run.isOurs();
  }

  /**
   * Opens the pull request, or finds one that is already open.
   *
   * @throws IOException when a retry may succeed
   */
  public void open(@ExchangeProperty("run") Run run) throws IOException {
    var repository = RepositoryAddress.of(pushed(run).url(), loopback);
    var possible = RepositoryHost.of(repository);
    if (possible.isEmpty()) {
      miss(run, "The address of the repository is not host/owner/name.");
    } else if (run.branch() == null || run.branch().equals(pushed(run).pushTo().branch())) {
      miss(run, "The job began on no other branch to which a pull request could go.");
    } else {
      ask(run, repository, possible);
    }
  }

  /** Adds a warning that the pull request is missing. */
  public void giveUp(@ExchangeProperty("run") Run run) {
    miss(run, "The host gave unusable answers several times.");
  }

  private void ask(Run run, RepositoryAddress repository, List<RepositoryHost> possible)
      throws IOException {
    var secret = pushed(run).secret();
    if (secret == null) {
      miss(run, "The repository has no secret with a token.");
      return;
    }
    var token = keys.find(run.job().tenantId(), secret);
    if (token.isEmpty() || !TOKEN.matcher(token.get()).matches()) {
      miss(run, "There is no token in the secret %s.".formatted(secret));
      return;
    }
    var wish = wish(run);
    for (var host : possible) {
      var api = host.api(repository).orElseThrow();
      var post = new HttpPost(api);
      post.setEntity(
          new StringEntity(
              mapper.writeValueAsString(host.body(wish)), ContentType.APPLICATION_JSON));
      var made = send(host, api, token.get(), post);
      if (made.status() == host.alreadyOpen()) {
        var open = send(host, api, token.get(), new HttpGet(api + host.query(repository, wish)));
        var url = host.link(open.body().path(0));
        if (open.status() == 200 && !url.isEmpty()) {
          keep(run, url);
          return;
        }
      }
      if (made.status() == 201) {
        keep(run, host.link(made.body()));
        return;
      }
      if (made.status() != NOT_FOUND || host == possible.getLast()) {
        miss(run, refusal(made, token.get()));
        return;
      }
    }
  }

  private static String refusal(Answer made, String token) {
    var message = made.body().path("message");
    var said =
        ((message.isValueNode() ? message.asText() : message.toString())
                + " "
                + made.body().at("/errors/0/message").asText())
            .replace(token, "[redacted]")
            .strip();
    return "The host answered %d: %s"
        .formatted(made.status(), said.substring(0, Math.min(said.length(), LONGEST_SAID)));
  }

  private static RepositoryHost.Wish wish(Run run) {
    var text = Repositories.message(run.job()).strip().split("\\R", 2);
    var title = text[0].strip();
    var job = "Job: " + run.job().jobId();
    var rest = text.length > 1 ? text[1].strip() : "";
    return new RepositoryHost.Wish(
        title.substring(0, Math.min(title.length(), LONGEST_TITLE)),
        pushed(run).pushTo().branch(),
        Objects.requireNonNull(run.branch(), "Only a job that began on a branch has a base"),
        rest.contains(job) ? rest : (rest + "\n\n" + job).strip());
  }

  private record Answer(int status, JsonNode body) {}

  private Answer send(RepositoryHost host, String api, String token, HttpUriRequestBase request)
      throws IOException {
    request.setHeader("Authorization", "Bearer " + token);
    request.setHeader("Accept", host.accept());
    request.setHeader("X-GitHub-Api-Version", "2022-11-28");
    request.setHeader("User-Agent", "Outpost");
    var asked = RepositoryAddress.of(api, loopback);
    var found = hosts.find(asked.host());
    var unused = asked.pin(found); // refuses internal addresses
    var answer = http.send(request, found);
    if (FOR_NOW.contains(answer.status())) {
      throw new IOException("The host answered " + answer.status());
    }
    return new Answer(answer.status(), read(answer.body()));
  }

  private JsonNode read(String body) {
    try {
      return mapper.readTree(body);
    } catch (IOException e) {
      return mapper.nullNode();
    }
  }

  private static void keep(Run run, String url) {
    if (LINK.matcher(url).matches()) {
      var repository = pushed(run);
      var pushed = Objects.requireNonNull(repository.pushed(), "Only what was pushed is asked for");
      run.repository(
          repository.withPushed(new Repository.Pushed(pushed.branch(), pushed.commit(), url)));
    } else {
      miss(run, "The host's answer had no address of the pull request.");
    }
  }

  private static Repository pushed(Run run) {
    return Objects.requireNonNull(run.repository(), "Only of a repository is a request opened");
  }

  private static void miss(Run run, String why) {
    run.warn("pull-request-missing", why);
  }
}
