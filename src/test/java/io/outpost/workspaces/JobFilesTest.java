package io.outpost.workspaces;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.blackbox.Client;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import software.amazon.awssdk.core.sync.RequestBody;

/**
 * Workspaces, artifacts and inputs of jobs over HTTP; the agent is a shell, and the task its
 * script.
 */
@Tag("product")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JobFilesTest {

  private static final String ADMIN = "op_test_" + "0123456789abcdef".repeat(2);
  private static final String BUCKET = "outpost-output-local";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Map<String, Object> SETTINGS =
      Map.of(
          "server.port",
          0,
          "outpost.auth.bootstrap-admin-key",
          ADMIN,
          "OUTPOST_AGENT_CLAUDE_COMMAND",
          "/bin/sh",
          "outpost.worker.workspace-size",
          "1MB",
          "outpost.worker.agents.output",
          "300KB",
          "outpost.worker.attempts",
          1);

  private EmbeddedAws aws;
  private LocalOutpost outpost;
  private LocalOutpost worker;
  private Client tenant;

  @BeforeAll
  void start() {
    aws = EmbeddedAws.start(Optional.empty());
    outpost = LocalOutpost.on(aws.endpoints(), "api", SETTINGS);
    worker = LocalOutpost.on(aws.endpoints(), "worker", SETTINGS);
  }

  @AfterAll
  void stop() {
    worker.close();
    outpost.close();
    aws.close();
  }

  @BeforeEach
  void newTenant() {
    tenant = operator().newTenant("Files");
  }

  private Client operator() {
    return Client.of(outpost.address()).with(ADMIN);
  }

  @Test
  void aWorkspaceIsThereForTheNextJobOnAnotherWorker() {
    assertThat(
            run(
                "notes",
                "echo one > note; ln -s note link; mkdir -p sub; echo x > sub/run; chmod 700"
                    + " sub/run"))
        .isEqualTo("succeeded");
    assertThat(run("other", "cat note")).isEqualTo("failed");
    worker.close();
    worker = LocalOutpost.on(aws.endpoints(), "worker", SETTINGS);
    String next =
        submit("notes", "cat link; test -x sub/run && echo two >> note; echo $HOME; ls -A ~");
    assertThat(endOf(next)).isEqualTo("succeeded");
    assertThat(output(next)).startsWith("one\n").endsWith("/home\n");
    String third = submit("notes", "cat note");
    assertThat(endOf(third)).isEqualTo("succeeded");
    assertThat(output(third)).isEqualTo("one\ntwo\n");
  }

  @Test
  void aJobWithoutAWorkspaceStartsEmpty() {
    assertThat(run(null, "echo one > note")).isEqualTo("succeeded");
    String next = submit(null, "ls -A");
    assertThat(endOf(next)).isEqualTo("succeeded");
    assertThat(output(next)).isEmpty();
  }

  @Test
  void oneJobAtATimeHasAWorkspaceAndTheOtherWaits() {
    String first = submit("shared", "sleep 3; echo first > who");
    await().until(() -> job(first).get("status").asText().equals("running"));
    String second = submit("shared", "cat who");
    await().until(() -> job(second).path("waiting_reason").asText().equals("workspace"));
    assertThat(delete("/workspaces/shared").status()).isIn(404, 409);
    assertThat(endOf(first)).isEqualTo("succeeded");
    assertThat(endOf(second)).isEqualTo("succeeded");
    assertThat(output(second)).isEqualTo("first\n");
  }

  @Test
  void aFailedJobsFilesAreKeptAndACancelledOnesAreNot() {
    assertThat(run("ws", "echo kept > file; exit 3")).isEqualTo("failed");
    String cancelled = submit("ws", "echo dropped > file; echo ready; sleep 600");
    await().until(() -> tenant.get("/jobs/" + cancelled + "/output").status() == 200);
    assertThat(delete("/workspaces/ws").status()).isEqualTo(409);
    assertThat(delete("/jobs/" + cancelled).status()).isEqualTo(200);
    String next = submit("ws", "cat file");
    assertThat(endOf(next)).isEqualTo("succeeded");
    assertThat(output(next)).isEqualTo("kept\n");
  }

  @Test
  void aWorkspaceOverItsLimitFailsTheJobAndKeepsWhatWasThere() {
    assertThat(run("ws", "echo small > file")).isEqualTo("succeeded");
    String large = submit("ws", "head -c 2000000 /dev/zero > large; echo changed > file");
    assertThat(endOf(large)).isEqualTo("failed");
    JsonNode error = job(large).get("error");
    assertThat(error.get("code").asText()).isEqualTo("workspace-too-large");
    assertThat(error.get("message").asText()).contains("1048576 bytes");
    String next = submit("ws", "cat file; ls");
    assertThat(endOf(next)).isEqualTo("succeeded");
    assertThat(output(next)).isEqualTo("small\nfile\n");
  }

  @Test
  void aLinkOutOfTheWorkspaceIsKeptAndNeverFollowed() {
    assertThat(
            run(
                "ws",
                "ln -s /etc/passwd bad; ln -s ../../.. worse; echo x > good; mkdir artifacts; ln -s"
                    + " /etc/passwd artifacts/stolen"))
        .isEqualTo("succeeded");
    String next = submit("ws", "ls; readlink bad worse");
    assertThat(endOf(next)).isEqualTo("succeeded");
    assertThat(output(next)).isEqualTo("artifacts\nbad\ngood\nworse\n/etc/passwd\n../../..\n");
    assertThat(tenant.get("/jobs/" + next + "/artifacts").json().get("data")).isEmpty();
  }

  @Test
  void aWorkspaceHasTheSamePathInEveryJobAndComesBackAsItWas() {
    String first =
        submit(
            "same",
            """
            pwd; printf 1 > "$(printf 'r\\351sum\\351')"; printf 2 > "$(printf 'r\\350sum\\350')"
            mkdir ro; echo x > ro/f; chmod 555 ro; mkdir priv; echo p > priv/p; chmod 0 priv
            echo h > h1; ln h1 h2; echo q > q; chmod 0 q; touch -d 2001-02-03 h1; chmod 000 .
            """);
    assertThat(endOf(first)).isEqualTo("succeeded");
    worker.close();
    worker = LocalOutpost.on(aws.endpoints(), "worker", SETTINGS);
    String next =
        submit(
            "same",
            """
            pwd; ls | wc -l; stat -c '%a %n' ro priv q; stat -c '%h %Y' h2; chmod 700 priv; cat priv/p ro/f
            cat "$(printf 'r\\350sum\\350')"
            """);
    assertThat(endOf(next)).isEqualTo("succeeded");
    String path = output(first);
    assertThat(path).endsWith("/work\n");
    String name = path.replaceAll(".*/([^/]+)/work\n", "$1");
    assertThat(name).matches("[0-9a-f]{32}");
    assertThat(job(first) + tenant.get("/workspaces").body()).doesNotContain(name);
    assertThat(output(next)).isEqualTo(path + "7\n555 ro\n0 priv\n0 q\n2 981158400\np\nx\n2");
  }

  @Test
  void aDamagedArchiveIsNoticedBeforeTheAgentStarts() {
    String first = submit("ws", "echo x > file");
    assertThat(endOf(first)).isEqualTo("succeeded");
    String prefix = "tenants/" + job(first).get("tenant_id").asText() + "/workspaces/ws/";
    try (var clients = aws.clients()) {
      var objects = clients.s3().listObjectsV2(l -> l.bucket(BUCKET)).contents();
      var archive =
          objects.stream().filter(o -> o.key().startsWith(prefix)).findFirst().orElseThrow();
      byte[] bytes =
          clients.s3().getObjectAsBytes(g -> g.bucket(BUCKET).key(archive.key())).asByteArray();
      bytes[5] ^=
          1; // the time in gzip's head: still a good archive, only not the one that was saved
      clients
          .s3()
          .putObject(p -> p.bucket(BUCKET).key(archive.key()), RequestBody.fromBytes(bytes));
    }
    String next = submit("ws", "echo started");
    assertThat(endOf(next)).isEqualTo("dead_letter");
    assertThat(tenant.get("/jobs/" + next + "/output").status()).isEqualTo(404);
  }

  @Test
  void artifactsAreListedWithTheirHashesAndCanBeFetched() {
    String job =
        submit(
            null,
            "mkdir -p artifacts/sub; printf hello > 'artifacts/a b.txt'; printf '<script>' >"
                + " artifacts/sub/page.html");
    assertThat(endOf(job)).isEqualTo("succeeded");
    JsonNode list = tenant.get("/jobs/" + job + "/artifacts").json();
    var receipt = tenant.get("/jobs/" + job + "/receipt").body().split("\\.")[1];
    assertThat(new String(Base64.getUrlDecoder().decode(receipt), StandardCharsets.UTF_8))
        .contains(list.at("/data/0/sha256").asText(), list.at("/data/1/sha256").asText());
    assertThat(list.get("left_out").asInt()).isZero();
    assertThat(list.at("/data/0/path").asText()).isEqualTo("a b.txt");
    assertThat(list.at("/data/1/path").asText()).isEqualTo("sub/page.html");
    assertThat(list.at("/data/0/sha256").asText()).isEqualTo(DigestUtils.sha256Hex("hello"));
    assertThat(list.at("/data/0/size_bytes").asInt()).isEqualTo(5);
    Client.Answer page = new Client(tenant.http(), "", null).get(list.at("/data/1/url").asText());
    assertThat(page.body()).isEqualTo("<script>");
    assertThat(page.header("Content-Type")).isEqualTo("application/octet-stream");
    newTenant();
    assertThat(tenant.get("/jobs/" + job + "/artifacts").status()).isEqualTo(404);
  }

  @Test
  void everyNameOfAFileWithSeveralIsAnArtifact() {
    String job =
        submit(
            "names",
            "echo one > kept; mkdir artifacts; ln kept artifacts/a; ln kept artifacts/b; echo x >"
                + " artifacts/c");
    assertThat(endOf(job)).isEqualTo("succeeded");
    assertThat(job(job).get("warnings")).isEmpty();
    JsonNode list = tenant.get("/jobs/" + job + "/artifacts").json();
    assertThat(list.get("data").findValuesAsText("path")).containsExactly("a", "b", "c");
    Client files = new Client(tenant.http(), "", null);
    assertThat(files.get(list.at("/data/0/url").asText()).body()).isEqualTo("one\n");
    assertThat(files.get(list.at("/data/1/url").asText()).body()).isEqualTo("one\n");
  }

  @Test
  void uploadedFilesAreThereWhenTheAgentStarts() throws Exception {
    var one = upload("one");
    var two = upload("two\n");
    var inputs = "[%s,%s]".formatted(input(one, "sub/ä b.txt"), input(two, "note"));
    String job = submitWith(inputs, "given", "cat 'sub/ä b.txt' note; stat -c %a note");
    assertThat(endOf(job)).isEqualTo("succeeded");
    assertThat(output(job)).isEqualTo("onetwo\n600\n");
    var shown = tenant.get("/jobs/" + job).json().get("inputs");
    assertThat(shown.at("/0/path").asText()).isEqualTo("sub/ä b.txt");
    assertThat(shown.at("/0/size_bytes").asInt()).isEqualTo(3);
    assertThat(shown.at("/1/sha256").asText()).isEqualTo(DigestUtils.sha256Hex("two\n"));

    // A link, a folder and a file in the workspace block the paths of the inputs.
    String turned = submit("given", "rm -r sub note; ln -s ~ sub; mkdir note; echo old > file");
    assertThat(endOf(turned)).isEqualTo("succeeded");
    for (var path : List.of("sub/x", "note", "file/x")) {
      String refused = submitWith("[" + input(one, path) + "]", "given", "echo started");
      assertThat(endOf(refused)).as(path).isEqualTo("failed");
      assertThat(tenant.get("/jobs/" + refused).json().at("/error/code").asText())
          .isEqualTo("input-failed");
      assertThat(tenant.get("/jobs/" + refused + "/output").status()).isEqualTo(404);
    }
    String next = submitWith("[" + input(one, "file") + "]", "given", "cat file; ls ~");
    assertThat(endOf(next)).isEqualTo("succeeded");
    assertThat(output(next)).isEqualTo("one");
  }

  @Test
  void whatWasNotUploadedAsItsLinkWantsItIsRefused() throws Exception {
    var link = link("hello");
    assertThat(refusal(input(link.text("input_id"), "a"))).isEqualTo("inputs[0].input_id");
    assertThat(put(link, "hello and more")).isGreaterThanOrEqualTo(400);
    assertThat(refusal(input(link.text("input_id"), "a"))).isEqualTo("inputs[0].input_id");
    // A file of the same size with other content: the worker finds the difference.
    assertThat(put(link, "HELLO")).isEqualTo(200);
    var input = input(link.text("input_id"), "a");
    String job = submitWith("[" + input + "]", null, "echo started");
    assertThat(endOf(job)).isEqualTo("failed");
    assertThat(tenant.get("/jobs/" + job).json().at("/error/message").asText()).contains("SHA-256");
    for (var path :
        List.of(
            "/etc/x",
            "../x",
            "a/../b",
            "a//b",
            "a/",
            ".",
            ".git/config",
            ".git",
            "a/.GIT/x",
            ".outpost")) {
      assertThat(refusal(input(link.text("input_id"), path))).as(path).isEqualTo("inputs[0].path");
    }
    newTenant();
    assertThat(refusal(input)).as("another tenant's").isEqualTo("inputs[0].input_id");
  }

  private static String input(String id, String path) {
    return "{\"input_id\":\"%s\",\"path\":\"%s\"}".formatted(id, path);
  }

  private String refusal(String input) {
    var body = "{\"agent\":\"claude\",\"command\":\"true\",\"inputs\":[%s]}".formatted(input);
    return tenant.post("/jobs", body).json().at("/errors/0/field").asText();
  }

  private String submitWith(String inputs, String workspace, String command) {
    var place = workspace == null ? "" : ",\"workspace\":\"%s\"".formatted(workspace);
    var body = "{\"agent\":\"claude\",\"command\":\"%s\",\"inputs\":%s%s}";
    return tenant.submit(body.formatted(command, inputs, place));
  }

  private String upload(String content) throws Exception {
    var link = link(content);
    assertThat(put(link, content)).isEqualTo(200);
    return link.text("input_id");
  }

  private Client.Answer link(String content) {
    var bytes = content.getBytes(StandardCharsets.UTF_8).length;
    var body = "{\"size_bytes\":%d,\"sha256\":\"%s\"}";
    var link = tenant.post("/inputs", body.formatted(bytes, DigestUtils.sha256Hex(content)));
    assertThat(link.status()).as(link.body()).isEqualTo(201);
    return link;
  }

  private int put(Client.Answer link, String content) throws Exception {
    var request =
        HttpRequest.newBuilder(URI.create(link.text("url")))
            .PUT(HttpRequest.BodyPublishers.ofString(content));
    link.json()
        .get("headers")
        .properties()
        .forEach(h -> request.header(h.getKey(), h.getValue().asText()));
    return tenant.http().send(request.build(), BodyHandlers.discarding()).statusCode();
  }

  @Test
  void onlyWhatWasNotKeptIsTold() {
    String job = submit("linked", "mkdir artifacts; ln -s /etc/passwd artifacts/link");
    assertThat(endOf(job)).isEqualTo("succeeded");
    assertThat(warning(job, "artifacts-incomplete"))
        .isEqualTo("Not kept: 1 links, pipes, sockets or files of other users");
  }

  @Test
  void whatCouldNotBeKeptIsToldWithTheJobAndTheNextOneRuns() {
    String first =
        submit(
            "told",
            """
            perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "left.sock", Listen => 1)'; echo kept > file
            mkdir artifacts; ln -s /etc/passwd artifacts/link; mkfifo artifacts/pipe; echo x > artifacts/closed
            chmod 0 artifacts/closed; echo y > artifacts/open; mkdir artifacts/shut; chmod 0 artifacts/shut
            """);
    assertThat(endOf(first)).isEqualTo("succeeded");
    assertThat(warning(first, "workspace-incomplete")).contains("left.sock: socket ignored");
    assertThat(warning(first, "artifacts-incomplete"))
        .contains("1 files were not kept", "Not kept: ", "2 links, pipes");
    assertThat(job(first).get("warnings")).hasSize(2);
    assertThat(tenant.get("/jobs?limit=1").json().at("/data/0/warnings")).hasSize(2);
    String next =
        submit("told", "cat file; stat -c %a artifacts/closed artifacts/shut; rm -rf artifacts");
    assertThat(endOf(next)).isEqualTo("succeeded");
    assertThat(output(next)).isEqualTo("kept\n0\n0\n");
    assertThat(job(next).get("warnings")).isEmpty();
  }

  @Test
  void moreThanAJobMayLeaveIsTold() {
    String job =
        submit(
            null,
            """
            mkdir artifacts; cd artifacts; i=0; while [ $i -lt 1003 ]; do : > f$i; i=$((i+1)); done
            ln -s a "$(printf 'x\\nERROR forged\\033[2J')"; head -c 400000 /dev/zero | tr '\\0' x
            """);
    assertThat(endOf(job)).isEqualTo("succeeded");
    assertThat(warning(job, "artifacts-incomplete")).startsWith("3 files were not kept");
    assertThat(warning(job, "output-truncated")).contains("limit");
    assertThat(tenant.get("/jobs/" + job + "/artifacts").json().get("left_out").asInt())
        .isEqualTo(3);
  }

  private String warning(String job, String code) {
    for (JsonNode warning : job(job).get("warnings")) {
      if (warning.get("code").asText().equals(code)) {
        return warning.get("detail").asText();
      }
    }
    throw new AssertionError("No " + code + " among " + job(job).get("warnings"));
  }

  @Test
  void workspacesAreListedAndDeletedByTheirTenantAlone() {
    assertThat(run("b", "printf 12345 > file")).isEqualTo("succeeded");
    String last = submit("a", "true");
    assertThat(endOf(last)).isEqualTo("succeeded");
    JsonNode list = tenant.get("/workspaces").json();
    assertThat(list.get("data")).hasSize(2);
    assertThat(list.at("/data/0/name").asText()).isEqualTo("a");
    assertThat(list.at("/data/0/job_id").asText()).isEqualTo(last);
    assertThat(list.at("/data/1/size_bytes").asInt()).isEqualTo(5);
    Client owner = tenant;
    newTenant();
    assertThat(tenant.get("/workspaces").json().get("data")).isEmpty();
    assertThat(delete("/workspaces/b").status()).isEqualTo(404);
    tenant = owner;
    assertThat(delete("/workspaces/b").status()).isEqualTo(204);
    assertThat(delete("/workspaces/b").status()).isEqualTo(404);
    String next = submit("b", "ls -A");
    assertThat(endOf(next)).isEqualTo("succeeded");
    assertThat(output(next)).isEmpty();
    assertThat(delete("/workspaces/..%2Fjobs").status()).isBetween(400, 404);
  }

  private String run(String workspace, String script) {
    return endOf(submit(workspace, script));
  }

  private String submit(String workspace, String script) {
    var job = JSON.createObjectNode().put("agent", "claude").put("command", script);
    job.put("priority", "high");
    if (workspace != null) {
      job.put("workspace", workspace);
    }
    return tenant.submit(job.toString());
  }

  private String endOf(String job) {
    return tenant.ended(job).get("status").asText();
  }

  private JsonNode job(String job) {
    return tenant.get("/jobs/" + job).json();
  }

  private String output(String job) {
    return tenant.get("/jobs/" + job + "/output").body();
  }

  private Client.Answer delete(String path) {
    return tenant.send("DELETE", path, Map.of(), HttpRequest.BodyPublishers.noBody());
  }
}
