package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outpost.agents.SearchPath;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.util.FileSystemUtils;

/**
 * Files of Git LFS come with a repository, from its own server alone, and go back with a push. The
 * real git-lfs is used, where there is one ({@code .ci/git-lfs}).
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class LfsJobsTest {

  private static final String TOKEN = "token-of-a-test-91bd";
  private static final String NO_PROGRAM = "/nowhere/git-lfs";
  private static final String PROGRAM =
      new SearchPath(
              String.join(
                  ":",
                  System.getenv("PATH"),
                  "/opt/outpost-git-lfs/usr/bin",
                  System.getProperty("user.home") + "/.cache/outpost-git-lfs/usr/bin"))
          .find("git-lfs")
          .map(Path::toString)
          .orElse(NO_PROGRAM);

  private static LocalOutpost outpost;
  private static Path folder;
  private static GitServer server;
  private static GitServer thief;
  private static LfsServer lfs;

  private final Client client = customer();

  @BeforeAll
  static void start(EmbeddedAws aws) throws IOException {
    folder = Files.createTempDirectory("lfs-of-a-test");
    var root = Files.createDirectories(folder.resolve("root/private")).getParent();
    server = new GitServer(root, TOKEN);
    thief = new GitServer(root, TOKEN);
    lfs = new LfsServer(TOKEN, server.url("/files/"));
    server.serve("/files/", lfs);
    outpost =
        LocalOutpost.on(
            aws.endpoints(),
            "local",
            Map.of(
                "server.port",
                0,
                "outpost.env",
                "lfs",
                "outpost.repositories.git-lfs",
                PROGRAM,
                "outpost.worker.agents.disk",
                "200MB",
                "OUTPOST_AGENT_CLAUDE_COMMAND",
                "[\"/bin/bash\",\"-s\"]"));
  }

  @AfterAll
  static void stop() throws IOException {
    outpost.close();
    lfs.close();
    server.close();
    thief.close();
    FileSystemUtils.deleteRecursively(folder);
  }

  private static Client customer() {
    var customer = Customer.of(Client.of(outpost.address()).with(outpost.adminKey()), "enterprise");
    customer.client().put(customer.path("/secrets/GIT_TOKEN"), "{\"value\":\"" + TOKEN + "\"}");
    return customer.client();
  }

  /** A repository with a file of LFS, which says that another server has its files. */
  private static Path make(String name, String pointer) throws IOException {
    var seed = Files.createDirectory(folder.resolve(name));
    GitServer.git(seed, "init", "-q", "-b", "trunk");
    Files.writeString(seed.resolve("art.bin"), pointer);
    Files.writeString(seed.resolve(".gitattributes"), "*.bin filter=lfs diff=lfs -text\n");
    var evil = thief.url("/private/" + name + ".git/info/lfs");
    Files.writeString(
        seed.resolve(".lfsconfig"),
        "[lfs]\n\turl = %s\n\tpushurl = %s\n[remote \"origin\"]\n\tlfsurl = %s\n"
            .formatted(evil, evil, evil));
    GitServer.git(seed, "-c", "filter.lfs.clean=cat", "add", ".");
    GitServer.git(seed, "commit", "-qm", "art");
    var place = folder.resolve("root/private/" + name + ".git");
    GitServer.git(folder, "clone", "-q", "--bare", seed.toString(), place.toString());
    GitServer.git(place, "config", "http.receivepack", "true");
    server.serve("/private/" + name + ".git/info/lfs/", lfs);
    return place;
  }

  private JsonNode run(String name, String command, ObjectNode repository) {
    repository.put("url", server.url("/private/" + name + ".git")).put("secret", "GIT_TOKEN");
    var body = new ObjectMapper().createObjectNode().put("agent", "claude").put("command", command);
    body.set("repository", repository);
    return client.ended(client.submit(body.toString()));
  }

  private static ObjectNode withLfs() {
    return new ObjectMapper().createObjectNode().put("lfs", true);
  }

  private String output(JsonNode job) {
    return client.get("/jobs/" + job.get("job_id").asText() + "/output").body();
  }

  @Test
  void filesComeFromTheRepositorysServerAndGoBackToIt() throws IOException {
    assumeThat(PROGRAM).isNotEqualTo(NO_PROGRAM);
    var place = make("shop", lfs.add("the art\n"));
    var plain = run("shop", "cat art.bin", new ObjectMapper().createObjectNode());
    assertThat(output(plain)).startsWith("version https://git-lfs");
    var wanted = withLfs();
    wanted.putObject("push").put("branch", "better");
    var job =
        run(
            "shop",
            "cat art.bin; git status --short; env; cat .git/config; "
                + "printf better > art.bin; printf new > new.bin; printf text > new.txt",
            wanted);
    assertThat(job.get("status").asText()).as(job.toString()).isEqualTo("succeeded");
    assertThat(output(job)).startsWith("the art\n").doesNotContain(TOKEN, "??", " M ");
    assertThat(job.at("/repository/lfs").asBoolean()).isTrue();
    assertThat(job.at("/repository/pushed/branch").asText()).isEqualTo("better");
    assertThat(lfs.has("better") && lfs.has("new")).isTrue();
    assertThat(GitServer.git(place, "diff", "--name-only", "trunk", "better"))
        .isEqualTo("art.bin\nnew.bin\nnew.txt");
    assertThat(GitServer.git(place, "show", "better:art.bin") + "\n")
        .isEqualTo(LfsServer.pointer(DigestUtils.sha256Hex("better"), 6));
    assertThat(thief.requests()).noneMatch(path -> path.contains("info/lfs"));
    assertThat(server.exposed()).isEmpty();
    // Unchanged files are not reported as changed.
    var untouched = withLfs();
    untouched.putObject("push").put("branch", "untouched");
    job = run("shop", "true", untouched);
    assertThat(job.at("/repository/pushed").isNull()).as(job.toString()).isTrue();
  }

  /** The LFS server names the host of a file; that host gets no credentials. */
  @Test
  void whereTheServerSendsUsGetsNoCredentials() throws IOException {
    assumeThat(PROGRAM).isNotEqualTo(NO_PROGRAM);
    var oid = DigestUtils.sha256Hex("stolen");
    make("elsewhere", lfs.add(oid, 6, thief.url("/private/stolen")));
    var job = run("elsewhere", "echo started", withLfs());
    assertThat(job.at("/error/code").asText()).as(job.toString()).isEqualTo("repository-failed");
    assertThat(job.toString()).doesNotContain(TOKEN);
    assertThat(thief.credentials()).isEmpty();
    var inside = "https://169.254.169.254/x";
    make("inside", lfs.add(DigestUtils.sha256Hex(inside), 6, inside));
    job = run("inside", "echo started", withLfs());
    assertThat(job.at("/error/code").asText()).as(job.toString()).isEqualTo("repository-failed");
    assertThat(job.at("/error/message").asText()).contains("Forbidden");
  }

  /** git-lfs has the secret in its environment, which a link in the repository could refer to. */
  @Test
  void aLinkInAFilesPlaceIsNotSent() throws IOException {
    assumeThat(PROGRAM).isNotEqualTo(NO_PROGRAM);
    make("linked", lfs.add("the art\n"));
    var oid = "ab".repeat(32);
    var wanted = withLfs();
    wanted.putObject("push").put("branch", "linked");
    var job = run("linked", inPlaceOf(oid, "ln -s /proc/self/environ"), wanted);
    assertThat(job.at("/error/code").asText())
        .as(job.toString())
        .isEqualTo("repository-push-failed");
    assertThat(job.at("/error/message").asText()).contains("is not what its name says");
    assertThat(lfs.requests())
        .noneMatch(request -> request.startsWith("PUT") && request.contains(oid));
  }

  /** Without this the repository would refer to files that its server does not have. */
  @Test
  void changedFilesAreNotLeftBehindByAJobThatDidNotAskForThem() throws IOException {
    make("unasked", lfs.add("the art\n"));
    var wanted = new ObjectMapper().createObjectNode();
    wanted.putObject("push").put("branch", "unasked");
    var job = run("unasked", inPlaceOf(DigestUtils.sha256Hex("new"), "printf new >"), wanted);
    assertThat(job.at("/error/code").asText())
        .as(job.toString())
        .isEqualTo("repository-push-failed");
    assertThat(job.at("/error/message").asText()).contains("ask for them with repository.lfs");
  }

  /** A script that refers to an LFS file and puts something else in its place. */
  private static String inPlaceOf(String oid, String put) {
    var place = oid.substring(0, 2) + "/" + oid.substring(2, 4);
    return "git config --unset-all filter.lfs.process; git config filter.lfs.clean cat; "
        + "printf '%s' > odd.bin; cd .git; mkdir -p lfs/objects/%s; cd lfs/objects/%s; %s %s"
            .formatted(LfsServer.pointer(oid, 3), place, place, put, oid);
  }

  @Test
  void whatIsFetchedCountsAgainstTheDiskOfAJob() throws IOException {
    assumeThat(PROGRAM).isNotEqualTo(NO_PROGRAM);
    var oid = DigestUtils.sha256Hex("large");
    make("large", lfs.add(oid, 900_000_000, server.url("/files/large")));
    var job = run("large", "echo started", withLfs());
    assertThat(job.at("/error/code").asText()).as(job.toString()).isEqualTo("repository-failed");
    assertThat(job.at("/error/message").asText()).contains("disk");
  }

  @Test
  void aWorkerWithoutTheProgramSaysSo() throws IOException {
    assumeThat(PROGRAM).isEqualTo(NO_PROGRAM);
    make("none", lfs.add("none"));
    var job = run("none", "echo started", withLfs());
    assertThat(job.at("/error/code").asText()).as(job.toString()).isEqualTo("repository-failed");
    assertThat(job.at("/error/message").asText()).isEqualTo("This worker has no git-lfs.");
  }
}
