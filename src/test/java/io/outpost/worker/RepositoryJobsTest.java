package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.AwsCalls;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;

/**
 * A repository of a real git server is cloned before the agent starts and the agent's changes are
 * pushed, while neither agent nor repository gets the credentials. The agent is a shell.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class RepositoryJobsTest {

  private static final String TOKEN = "token-of-a-test-7f1c";

  /** The header that git sends. */
  private static final String HEADER =
      Base64.getEncoder()
          .encodeToString(("x-access-token:" + TOKEN).getBytes(StandardCharsets.UTF_8));

  /** Shows that the searched log is complete. */
  private static final String LAST_LINE = "The last line of the test";

  private static final ListAppender<ILoggingEvent> LOG = new ListAppender<>();

  private static LocalOutpost outpost;
  private static Path folder;
  private static GitServer server;
  private static PullRequestApi pulls;
  private static MergeRequestApi merges;
  private static String first;
  private static String second;

  private Customer customer;
  private Client client;

  @BeforeAll
  static void start(EmbeddedAws aws) throws IOException {
    folder = Files.createTempDirectory("git-of-a-test");
    var seed = Files.createDirectory(folder.resolve("seed"));
    GitServer.git(seed, "init", "-q", "-b", "trunk");
    Files.writeString(seed.resolve("a.txt"), "one\n");
    GitServer.git(seed, "add", ".");
    GitServer.git(seed, "commit", "-qm", "one");
    GitServer.git(seed, "tag", "v1");
    first = GitServer.git(seed, "rev-parse", "HEAD");
    Files.writeString(seed.resolve("b.txt"), "two\n");
    GitServer.git(seed, "add", ".");
    GitServer.git(seed, "commit", "-qm", "two");
    second = GitServer.git(seed, "rev-parse", "HEAD");
    var root = Files.createDirectory(folder.resolve("root"));
    server = new GitServer(root, TOKEN);
    pulls = new PullRequestApi(TOKEN, RepositoryJobsTest::hasBranch);
    server.serve("/api/v3/repos/", pulls);
    merges = new MergeRequestApi(TOKEN);
    server.serve("/api/v4/projects/", merges);
    for (var name : List.of("private", "public")) {
      var place = Files.createDirectory(root.resolve(name)).resolve("shop.git");
      GitServer.git(folder, "clone", "-q", "--bare", seed.toString(), place.toString());
      GitServer.git(place, "config", "http.receivepack", "true");
    }
    outpost =
        LocalOutpost.on(
            aws.endpoints(),
            "local",
            Map.of(
                "server.port",
                0,
                "outpost.env",
                "repositories",
                "outpost.agents.demo",
                "missing",
                "outpost.test.aws-calls",
                true,
                "outpost.worker.store-again",
                0,
                "outpost.worker.store-again-after",
                50,
                "outpost.worker.retry-after",
                "100ms",
                "OUTPOST_AGENT_CLAUDE_COMMAND",
                "[\"/bin/bash\",\"-s\"]"));
    logger(Logger.ROOT_LOGGER_NAME).addAppender(LOG);
    logger("io.outpost").setLevel(Level.TRACE);
    LOG.start();
  }

  @AfterAll
  static void stop() throws IOException {
    outpost.close();
    server.close();
    logger("io.outpost").trace(LAST_LINE);
    logger(Logger.ROOT_LOGGER_NAME).detachAppender(LOG);
    logger("io.outpost").setLevel(null);
    FileSystemUtils.deleteRecursively(folder);
    theTokenIsInNoLineOfTheLog();
  }

  /**
   * Checks that no log line of any level contains the token, after all clones, pushes and refusals.
   */
  private static void theTokenIsInNoLineOfTheLog() {
    assertThat(LOG.list.stream().map(RepositoryJobsTest::text))
        .anyMatch(line -> line.startsWith(LAST_LINE))
        .noneMatch(line -> line.contains(TOKEN) || line.contains(HEADER));
  }

  private static String text(ILoggingEvent event) {
    var thrown = event.getThrowableProxy();
    return event.getFormattedMessage()
        + event.getMDCPropertyMap()
        + event.getKeyValuePairs()
        + (thrown == null ? "" : ThrowableProxyUtil.asString(thrown));
  }

  private static Logger logger(String name) {
    return (Logger) LoggerFactory.getLogger(name);
  }

  @BeforeEach
  void makeCustomer() {
    var admin = Client.of(outpost.address()).with(outpost.adminKey());
    customer = Customer.of(admin, "pro");
    client = customer.client();
    client.put(customer.path("/secrets/GIT_TOKEN"), "{\"value\":\"" + TOKEN + "\"}");
  }

  @Test
  void thePrivateRepositoryIsThereAndItsCredentialsAreNot() {
    var script =
        "git log --format=%s; git remote get-url origin; git status --short --branch; cat .git/config;"
            + " env; grep -rl "
            + TOKEN.substring(0, 9)
            + " ~ . \"$TMPDIR\" && echo found; true";
    var job = run(script, repository("/private/shop.git").put("secret", "GIT_TOKEN"));
    assertThat(job.get("status").asText()).as(job.toString()).isEqualTo("succeeded");
    assertThat(job.at("/repository/commit").asText()).isEqualTo(second);
    assertThat(job.at("/repository/pushed").isNull()).isTrue();
    assertThat(output(job))
        .contains("two\none\n", server.url("/private/shop.git") + "\n", "## trunk...origin/trunk")
        .doesNotContain("found", "GIT_TOKEN", "[redacted]", "x-access-token");
    assertThat(server.credentials()).contains("x-access-token:" + TOKEN);
    assertThat(server.exposed()).isEmpty();
    assertThat(client.get(customer.path("/audit?limit=100")).body())
        .contains("submitJob")
        .doesNotContain(TOKEN);
  }

  @Test
  void aBranchATagAndACommitAreCheckedOutAtTheirDepth() {
    var log = "git log --format=%s; git rev-parse --abbrev-ref HEAD";
    for (var ref : List.of("v1", first)) {
      for (var depth : List.of(0, 1)) {
        var wanted = repository("/public/shop.git").put("ref", ref);
        var job = run(log, depth == 0 ? wanted : wanted.put("depth", depth));
        assertThat(job.at("/repository/commit").asText()).as(ref + " " + job).isEqualTo(first);
        assertThat(output(job)).isEqualTo("one\nHEAD\n");
      }
    }
    assertThat(output(run(log, repository("/public/shop.git").put("depth", 1))))
        .isEqualTo("two\ntrunk\n");
  }

  @Test
  void whatTheAgentChangedIsAPatchAndAList() throws Exception {
    var script =
        """
        echo more >> a.txt; rm b.txt; git commit -qam x 2>/dev/null
        printf '\\0\\1' > new.bin; mkdir artifacts; echo report > artifacts/report.txt
        git config core.fsmonitor 'echo hacked >> ../hacked; false'
        git config diff.external false
        """;
    var job = run(script, repository("/public/shop.git"));
    var artifacts = artifacts(job);
    assertThat(artifacts).containsKeys("report.txt", "changes.patch", "changed-files.txt");
    assertThat(fetch(artifacts.get("changed-files.txt")))
        .isEqualTo("M\ta.txt\nD\tb.txt\nA\tnew.bin\n");
    var work = Files.createTempDirectory(folder, "apply");
    GitServer.git(folder, "clone", "-q", folder.resolve("seed").toString(), work.toString());
    Files.writeString(folder.resolve("changes.patch"), fetch(artifacts.get("changes.patch")));
    GitServer.git(work, "apply", folder.resolve("changes.patch").toString());
    assertThat(Files.readString(work.resolve("a.txt"))).isEqualTo("one\nmore\n");
    assertThat(Files.readAllBytes(work.resolve("new.bin"))).containsExactly(0, 1);
    assertThat(work.resolve("b.txt")).doesNotExist();
  }

  @Test
  void theChangesArePushedInTheTenantsNameAndNeverByForce() throws Exception {
    var place = folder.resolve("root/private/shop.git");
    // Hooks and settings that an agent leaves in its repository do not run beside the
    // credentials.
    var stolen = openFolder("stolen");
    var thief =
        "echo changed > a.txt; for h in pre-push pre-commit reference-transaction post-commit; do"
            + " printf '#!/bin/sh\\nenv > %s/%s\\n' '"
            + stolen
            + "' $h > .git/hooks/$h; chmod +x .git/hooks/$h; done;"
            + " git config credential.helper '!env > "
            + stolen
            + "/helper; false'; git config url.http://127.0.0.1:9/.insteadOf "
            + server.url("/");
    var wanted = repository("/private/shop.git").put("secret", "GIT_TOKEN");
    wanted.putObject("push").put("branch", "outpost/change").put("message", "Change it");
    var job = run(thief, wanted);
    assertThat(job.get("status").asText()).as(job.toString()).isEqualTo("succeeded");
    var pushed = job.at("/repository/pushed");
    assertThat(pushed.get("branch").asText()).isEqualTo("outpost/change");
    assertThat(GitServer.git(place, "rev-parse", "outpost/change"))
        .isEqualTo(pushed.get("commit").asText());
    assertThat(GitServer.git(place, "log", "-1", "--format=%an %ae %s %P", "outpost/change"))
        .isEqualTo("A customer dev@customer.example Change it " + second);
    assertThat(GitServer.git(place, "show", "outpost/change:a.txt")).isEqualTo("changed");
    try (var left = Files.list(stolen)) {
      for (var file : left.toList()) {
        assertThat(Files.readString(file)).as(file.toString()).doesNotContain(TOKEN);
      }
    }

    // The branch was moved by someone else, whose commits must not be lost.
    var again = run("echo other > a.txt", wanted);
    assertThat(again.get("status").asText()).isEqualTo("failed");
    assertThat(again.at("/error/code").asText()).isEqualTo("repository-push-failed");
    assertThat(again.at("/error/message").asText()).doesNotContain(TOKEN);
    assertThat(GitServer.git(place, "rev-parse", "outpost/change"))
        .isEqualTo(pushed.get("commit").asText());

    var nothing = run("true", wanted);
    assertThat(nothing.get("status").asText()).isEqualTo("succeeded");
    assertThat(nothing.at("/repository/pushed").isNull()).isTrue();
    ((ObjectNode) wanted.get("push")).put("branch", "outpost/failed");
    assertThat(run("echo x > a.txt; exit 3", wanted).at("/repository/pushed").isNull()).isTrue();
  }

  @Test
  void aRepositoryThatCannotBeClonedFailsItsJobWithAReason() {
    for (var wanted :
        List.of(
            repository("/private/shop.git"),
            repository("/public/nothing.git"),
            repository("/public/shop.git").put("ref", "nothing"),
            repository("/public/shop.git").put("ref", "nothing").put("depth", 1))) {
      var job = run("echo started", wanted);
      assertThat(job.get("status").asText()).as(job.toString()).isEqualTo("failed");
      assertThat(job.at("/error/code").asText()).isEqualTo("repository-failed");
      assertThat(job.at("/error/message").asText()).contains("not cloned: ");
      assertThat(client.get("/jobs/" + id(job) + "/output").status()).isEqualTo(404);
    }
  }

  /** A server may repeat the credentials in its answer. */
  @Test
  void whatAServerRepeatsOfItsCredentialsIsNotShown() {
    var job = run("true", repository("/told/shop.git").put("secret", "GIT_TOKEN"));
    assertThat(job.at("/error/message").asText())
        .contains("You sent Basic [redacted], which is x-access-token:[redacted]")
        .doesNotContain(TOKEN, HEADER);
  }

  /** The secret is sent only to the named host. */
  @Test
  void aRedirectDoesNotTakeTheCredentialsAlong() throws IOException {
    try (var thief = new GitServer(folder.resolve("root"), TOKEN)) {
      server.leadTo(thief.url(""));
      var job = run("true", repository("/away/private/shop.git").put("secret", "GIT_TOKEN"));
      assertThat(job.at("/error/code").asText()).isEqualTo("repository-failed");
      assertThat(thief.credentials()).isEmpty();
    }
  }

  /** Submodules may name other hosts and programs; only the repository's host is contacted. */
  @Test
  void submodulesComeFromTheHostOfTheRepositoryAlone() throws IOException {
    makeHostile("friendly", "../../private/shop.git");
    var wanted = repository("/public/friendly.git").put("secret", "GIT_TOKEN");
    var job = run("cat sub/b.txt; cat .git/modules/*/config", wanted.put("submodules", true));
    assertThat(job.get("status").asText()).as(job.toString()).isEqualTo("succeeded");
    assertThat(output(job)).startsWith("two\n").doesNotContain(TOKEN, "x-access-token");

    var ran = openFolder("ran");
    try (var thief = new GitServer(folder.resolve("root"), TOKEN)) {
      var number = 0;
      for (var url :
          List.of(
              thief.url("/private/shop.git"),
              folder.resolve("root/private/shop.git").toString(),
              "file://" + folder.resolve("root/private/shop.git"),
              "ext::sh -c touch% " + ran.resolve("ext"),
              "ssh://-oProxyCommand=touch%20" + ran.resolve("ssh") + "/x",
              "http://169.254.169.254/latest",
              server.url("/away/private/shop.git"))) {
        server.leadTo(thief.url(""));
        makeHostile("hostile" + ++number, url);
        wanted = repository("/public/hostile" + number + ".git").put("secret", "GIT_TOKEN");
        job = run("echo started", wanted.put("submodules", true));
        assertThat(job.at("/error/code").asText()).as(url + job).isEqualTo("repository-failed");
      }
      assertThat(thief.requests()).isEmpty();
    }
    assertThat(ran).isEmptyDirectory();
  }

  @Test
  void aPullRequestIsOpenedForWhatWasPushed() {
    pulls.answerFirst(List.of(503, 500));
    var job = run("echo pulled > a.txt", pulled("pulled", "Pull it\n\nIt is better."));
    assertThat(job.get("status").asText()).as(job.toString()).isEqualTo("succeeded");
    assertThat(job.at("/repository/pushed/pull_request_url").asText())
        .isEqualTo("https://git.example.com/pull/pulled");
    assertThat(job.get("warnings")).isEmpty();
    var opened =
        pulls.opened().stream().filter(p -> p.get("head").asText().equals("pulled")).toList();
    assertThat(opened).hasSize(1);
    assertThat(opened.getFirst().get("title").asText()).isEqualTo("Pull it");
    assertThat(opened.getFirst().get("base").asText()).isEqualTo("trunk");
    assertThat(opened.getFirst().get("body").asText())
        .isEqualTo("It is better.\n\nJob: " + id(job));

    // An open pull request is reported instead of a second one.
    var after = pulled("pulled", "Pull more").put("ref", "trunk");
    var place = folder.resolve("root/private/shop.git");
    assertThat(deleteBranch(place, "pulled")).isEmpty();
    job = run("echo more > a.txt", after);
    assertThat(job.at("/repository/pushed/pull_request_url").asText())
        .as(job.toString())
        .isEqualTo("https://git.example.com/pull/pulled");
    assertThat(job.toString()).doesNotContain(TOKEN);
  }

  /** GitLab has nested groups; a host of unknown kind is tried with both APIs. */
  @Test
  void aMergeRequestIsOpenedWhereTheHostHasGitLabsApi() throws IOException {
    var group = Files.createDirectory(folder.resolve("root/private/team"));
    var place = group.resolve("shop.git");
    GitServer.git(folder, "clone", "-q", "--bare", folder.resolve("seed").toString(), "" + place);
    GitServer.git(place, "config", "http.receivepack", "true");
    var wanted = pulled("merged", "Merge it\n\nIt is better.");
    wanted.put("url", server.url("/private/team/shop.git"));
    var job = run("echo merged > a.txt", wanted.deepCopy());
    assertThat(job.at("/repository/pushed/pull_request_url").asText())
        .as(job.toString())
        .isEqualTo("https://git.example.com/private/team/shop/-/merge_requests/merged");
    var opened = merges.opened("private/team/shop", "merged");
    assertThat(opened.get("title").asText()).isEqualTo("Merge it");
    assertThat(opened.get("target_branch").asText()).isEqualTo("trunk");
    assertThat(opened.get("description").asText()).isEqualTo("It is better.\n\nJob: " + id(job));
    deleteBranch(place, "merged");
    job = run("echo more > a.txt", wanted);
    assertThat(job.at("/repository/pushed/pull_request_url").asText())
        .as(job.toString())
        .isEqualTo("https://git.example.com/private/team/shop/-/merge_requests/merged");

    pulls.answerFirst(List.of(404));
    job = run("echo both > a.txt", pulled("both", null));
    assertThat(job.at("/repository/pushed/pull_request_url").asText())
        .as(job.toString())
        .isEqualTo("https://git.example.com/private/shop/-/merge_requests/both");
    assertThat(job.get("warnings")).isEmpty();
  }

  private static String deleteBranch(Path repository, String branch) {
    try {
      return GitServer.git(repository, "update-ref", "-d", "refs/heads/" + branch);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A failed pull request keeps the push and adds a warning without the token. */
  @Test
  void aPullRequestThatIsRefusedIsNoFailure() throws Exception {
    try (var thief = new GitServer(folder.resolve("root"), TOKEN)) {
      pulls.leadTo(thief.url("/private/shop.git"));
      for (var status : List.of(403, 302)) {
        pulls.answerFirst(List.of(status));
        var job = run("echo refused > a.txt", pulled("refused-" + status, null));
        assertThat(job.get("status").asText()).as(job.toString()).isEqualTo("succeeded");
        assertThat(job.at("/repository/pushed/branch").asText()).isEqualTo("refused-" + status);
        assertThat(job.at("/repository/pushed/pull_request_url").isNull()).isTrue();
        assertThat(job.at("/warnings/0/code").asText()).isEqualTo("pull-request-missing");
        assertThat(job.at("/warnings/0/detail").asText()).contains(String.valueOf(status));
        assertThat(job.toString()).doesNotContain(TOKEN);
      }
      assertThat(thief.requests()).isEmpty();
    }
    pulls.answerFirst(List.of(503, 503, 503, 503));
    var job = run("echo busy > a.txt", pulled("busy", null));
    assertThat(job.at("/warnings/0/code").asText()).isEqualTo("pull-request-missing");
    assertThat(job.get("status").asText()).isEqualTo("succeeded");
    var open = pulled("open", null);
    open.remove("secret");
    var refused = client.post("/jobs", job("true", open).toString());
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.json().at("/errors/0/field").asText())
        .isEqualTo("repository.push.pull_request");
  }

  private static ObjectNode pulled(String branch, String message) {
    var wanted = repository("/private/shop.git").put("secret", "GIT_TOKEN");
    var push = wanted.putObject("push").put("branch", branch).put("pull_request", true);
    if (message != null) {
      push.put("message", message);
    }
    return wanted;
  }

  private static boolean hasBranch(String repository, String branch) {
    var place = folder.resolve("root/" + repository + ".git");
    try {
      return !GitServer.git(place, "rev-parse", "--verify", "refs/heads/" + branch).isEmpty();
    } catch (IOException e) {
      return false;
    }
  }

  /** Attempts produce different changes, and the first push counts. */
  @Test
  void aPushIsMadeOnceThoughItsWorkerDiedRightAfterIt() throws Exception {
    var place = folder.resolve("root/private/shop.git");
    GitServer.git(place, "branch", "worked-on", "trunk");
    for (var branch : List.of("worked-on", "made-by-it")) {
      var wanted = repository("/private/shop.git").put("secret", "GIT_TOKEN");
      wanted.putObject("push").put("branch", branch);
      if (branch.equals("worked-on")) {
        wanted.put("ref", branch);
      }
      var died = new AtomicBoolean();
      var aws = outpost.context().getBean(AwsCalls.class);
      aws.fail(call -> isEndOfAJob(call) && died.compareAndSet(false, true));
      var job = run("date +%s%N >> a.txt", wanted);
      aws.work();
      assertThat(died).isTrue();
      assertThat(job.get("status").asText()).as(job.toString()).isEqualTo("succeeded");
      assertThat(job.get("attempts").asInt()).isEqualTo(2);
      assertThat(job.at("/repository/commit").asText()).isEqualTo(second);
      assertThat(job.at("/repository/pushed/commit").asText())
          .isEqualTo(GitServer.git(place, "rev-parse", branch));
      assertThat(GitServer.git(place, "rev-list", "--count", second + ".." + branch))
          .isEqualTo("1");
      assertThat(job.at("/warnings/0/code").asText()).isEqualTo("repository-pushed-before");
      assertThat(
              fetch(artifacts(job).get("changes.patch")).lines().filter(l -> l.matches("[+]\\d+")))
          .hasSize(1);
      var other = run("date +%s%N >> b.txt", wanted.deepCopy().<ObjectNode>without("ref"));
      assertThat(other.at("/error/code").asText()).isEqualTo("repository-push-failed");
    }
  }

  private static boolean isEndOfAJob(SdkRequest call) {
    return call instanceof TransactWriteItemsRequest write
        && write.transactItems().stream()
            .anyMatch(
                item ->
                    item.put() != null
                        && item.put().item().containsKey("sk")
                        && item.put().item().get("sk").s().startsWith("ledger#"));
  }

  /** Content of a repository must neither run nor redirect our writes. */
  @Test
  void whatAHostileRepositoryBringsRunsNothingAndLeadsNowhere() throws Exception {
    var ran = openFolder("brought");
    var seed = makeHostile("links", "../shop.git");
    GitServer.git(seed, "config", "-f", ".gitmodules", "submodule.sub.update", "!touch " + ran);
    Files.writeString(seed.resolve(".gitattributes"), "* filter=evil diff=evil merge=evil\n");
    Files.createSymbolicLink(seed.resolve("artifacts"), ran);
    Files.createSymbolicLink(seed.resolve("passwd"), Path.of("/etc/passwd"));
    Files.createDirectories(seed.resolve("hooks"));
    Files.writeString(seed.resolve("hooks/post-checkout"), "#!/bin/sh\ntouch " + ran + "/hook\n");
    GitServer.git(
        seed, "add", ".gitmodules", ".gitattributes", "artifacts", "passwd", "hooks/post-checkout");
    GitServer.git(seed, "commit", "-qm", "links");
    GitServer.git(
        seed, "push", "-q", folder.resolve("root/public/links.git").toString(), "HEAD:trunk");
    var job = run("echo changed > a.txt", repository("/public/links.git"));
    assertThat(job.get("status").asText()).as(job.toString()).isEqualTo("succeeded");
    assertThat(fetch(artifacts(job).get("changed-files.txt"))).isEqualTo("M\ta.txt\n");
    // An agent that changes the repository to attack the steps after it.
    var turned =
        "rm -f artifacts passwd; ln -s "
            + ran
            + " artifacts; ln -s /etc/shadow passwd; echo x >> a.txt; rm .git/index;"
            + " git config filter.evil.clean 'id -u > \"$TMPDIR/who\"; cat';"
            + " git config core.fsmonitor 'touch "
            + ran
            + "/fsmonitor'";
    job = run(turned, repository("/public/links.git"));
    assertThat(job.get("status").asText()).as(job.toString()).isEqualTo("succeeded");
    assertThat(fetch(artifacts(job).get("changes.patch"))).contains("+/etc/shadow");
    job = run("true", repository("/public/links.git").put("submodules", true));
    assertThat(job.at("/error/code").asText()).as(job.toString()).isEqualTo("repository-failed");
    assertThat(ran).isEmptyDirectory();
  }

  /** A repository below {@code /public} with a submodule at an address. */
  private static Path makeHostile(String name, String url) throws IOException {
    var seed = folder.resolve(name);
    GitServer.git(folder, "clone", "-q", folder.resolve("seed").toString(), name);
    Files.writeString(
        seed.resolve(".gitmodules"), "[submodule \"sub\"]\n\tpath = sub\n\turl = " + url + "\n");
    GitServer.git(seed, "add", ".gitmodules");
    GitServer.git(seed, "update-index", "--add", "--cacheinfo", "160000," + second + ",sub");
    GitServer.git(seed, "commit", "-qm", "sub");
    var place = folder.resolve("root/public/" + name + ".git");
    GitServer.git(folder, "clone", "-q", "--bare", seed.toString(), place.toString());
    return seed;
  }

  /** Creates a folder that agents may write to. */
  private static Path openFolder(String name) throws IOException {
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    var made = Files.createDirectory(folder.resolve(name));
    Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxrwxrwx"));
    return made;
  }

  @Test
  void aWorkspaceBringsItsRepository() {
    var wanted = repository("/public/shop.git");
    var body = job("echo mine > a.txt", wanted).put("workspace", "shop");
    assertThat(client.ended(client.submit(body.toString())).get("status").asText())
        .isEqualTo("succeeded");
    var next = job("cat a.txt", wanted).put("workspace", "shop");
    var second1 = client.ended(client.submit(next.toString()));
    assertThat(output(second1)).isEqualTo("mine\n");
    assertThat(second1.at("/repository/commit").asText()).isEqualTo(second);
    var leave = job("git checkout -q --detach", wanted).put("workspace", "shop");
    for (var one : List.of(leave, next)) {
      assertThat(client.ended(client.submit(one.toString())).get("status").asText())
          .isEqualTo("succeeded");
    }
  }

  @Test
  void addressesThatAreNoneOfTheInternetAreRefused() {
    for (var url :
        List.of(
            "file:///etc",
            "ext::sh -c id",
            "--upload-pack=id",
            "git://github.com/a/b",
            "http://github.com/a/b",
            "git@intranet:a/b",
            "-oProxyCommand=id@github.com:a/b",
            "https://user:pass@github.com/a/b",
            "https://token@github.com/a/b",
            "https://10.0.0.1/a/b",
            "https://169.254.169.254/latest",
            "https://192.168.1.1/a",
            "https://[::1]/a",
            "https://2130706433/a",
            "https://0177.0.0.1/a",
            "https://100.64.0.1/a",
            "https://[::ffff:10.0.0.1]/a",
            "https://intranet/a",
            "ssh://github.com/a/b",
            "ssh://git:pass@github.com/a/b",
            "ssh://-oProxyCommand=id@github.com/a/b",
            "ssh://git@-oProxyCommand=id/a/b",
            "ssh://git@10.0.0.1/a/b",
            "https://0x7f.1/a",
            "https://db.internal/a",
            "https://github.com",
            "https://github.com/a?b=c",
            "https://github.com/a#b",
            "https://github.com/a b",
            "")) {
      var wanted = new ObjectMapper().createObjectNode().put("url", url);
      var answer = client.post("/jobs", job("true", wanted).toString());
      assertThat(answer.status()).as(url).isEqualTo(400);
      assertThat(answer.json().at("/errors/0/field").asText()).as(url).isEqualTo("repository.url");
    }
    for (var ref : List.of("--help", "a..b", "a b", "a:b", "x.lock", "a@{1}")) {
      var wanted = repository("/public/shop.git").put("ref", ref);
      assertThat(client.post("/jobs", job("true", wanted).toString()).status())
          .as(ref)
          .isEqualTo(400);
    }
    var unknown = repository("/public/shop.git").put("secret", "NOT_THERE");
    assertThat(
            client
                .post("/jobs", job("true", unknown).toString())
                .json()
                .at("/errors/0/field")
                .asText())
        .isEqualTo("repository.secret");
  }

  private static ObjectNode repository(String path) {
    return new ObjectMapper().createObjectNode().put("url", server.url(path));
  }

  private static ObjectNode job(String command, ObjectNode repository) {
    var body = new ObjectMapper().createObjectNode().put("agent", "claude").put("command", command);
    body.set("repository", repository);
    return body;
  }

  private JsonNode run(String command, ObjectNode repository) {
    return client.ended(client.submit(job(command, repository).toString()));
  }

  private Map<String, String> artifacts(JsonNode job) {
    var data = client.get("/jobs/" + id(job) + "/artifacts").json().get("data");
    return StreamSupport.stream(data.spliterator(), false)
        .collect(Collectors.toMap(a -> a.get("path").asText(), a -> a.get("url").asText()));
  }

  private static String fetch(String url) throws IOException, InterruptedException {
    try (var http = HttpClient.newHttpClient()) {
      return http.send(HttpRequest.newBuilder(URI.create(url)).build(), BodyHandlers.ofString())
          .body();
    }
  }

  private static String id(JsonNode job) {
    return job.get("job_id").asText();
  }

  private String output(JsonNode job) {
    return client.get("/jobs/" + id(job) + "/output").body();
  }
}
