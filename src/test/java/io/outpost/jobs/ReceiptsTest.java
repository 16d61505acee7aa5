package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.stream.StreamSupport;
import org.apache.commons.codec.digest.DigestUtils;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A receipt states a job's input and results, and can be verified with the public keys alone. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class ReceiptsTest {

  private final Client admin;
  private final Client anybody;
  private final Customer customer;
  private final Client client;

  ReceiptsTest(LocalOutpost outpost) {
    anybody = Client.of(outpost.address());
    admin = anybody.with(outpost.adminKey());
    customer = Customer.of(admin, "pro");
    client = customer.client();
  }

  @Test
  void aReceiptSaysWhatTheJobWas() throws Exception {
    var command = "Say grüße";
    var job = client.submit("claude", command);
    var ended = client.ended(job);
    var answer = client.get("/jobs/" + job + "/receipt");
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.header("Content-Type")).startsWith("application/jose");
    var said = checked(answer.body());
    for (var field : new String[] {"job_id", "tenant_id", "agent", "attempts", "status", "usage"}) {
      assertThat(said.get(field)).as(field).isEqualTo(ended.get(field));
    }
    for (var field : new String[] {"created_at", "started_at", "completed_at", "exit_code"}) {
      assertThat(said.get(field)).as(field).isEqualTo(ended.get(field));
    }
    assertThat(said.at("/input/command_sha256").asText()).isEqualTo(DigestUtils.sha256Hex(command));
    assertThat(said.get("agent_version").asText()).isEqualTo("demo");
    var output = client.get("/jobs/" + job + "/output").body().getBytes(StandardCharsets.UTF_8);
    assertThat(said.at("/output/sha256").asText()).isEqualTo(DigestUtils.sha256Hex(output));
    assertThat(said.at("/output/size_bytes").asInt()).isEqualTo(output.length);
    var entries = said.get("audit_entries");
    var audit = admin.get(customer.path("/audit?limit=100")).json().get("data");
    assertThat(entries)
        .extracting(JsonNode::asText)
        .containsExactlyInAnyOrderElementsOf(
            StreamSupport.stream(audit.spliterator(), false)
                .filter(entry -> entry.get("resource").asText().equals("/jobs/" + job))
                .filter(entry -> entry.get("action").asText().startsWith("job."))
                .map(entry -> entry.get("entry_id").asText())
                .toList())
        .hasSize(2);
  }

  @Test
  void onlyAJobThatHasEndedHasOneAndOnlyForItsTenant() throws Exception {
    var job = client.submit("claude", "sleep 600");
    assertThat(client.get("/jobs/" + job + "/receipt").status()).isEqualTo(409);
    client.delete("/jobs/" + job);
    assertThat(checked(client.get("/jobs/" + job + "/receipt").body()).get("status").asText())
        .isEqualTo("cancelled");
    var other = Customer.of(admin, "free").client();
    assertThat(other.get("/jobs/" + job + "/receipt").status()).isEqualTo(404);
    assertThat(anybody.get("/jobs/" + job + "/receipt").status()).isEqualTo(401);
  }

  @Test
  void theDocumentedProgramTellsATrueReceiptFromAFalseOne(@TempDir Path folder) throws Exception {
    assumeTrue(hasNode(), "skipped: node, which runs the documented program, is not installed");
    var page = Files.readString(Path.of("docs/receipts.md"));
    var from = page.indexOf("```js\n") + "```js\n".length();
    var program = folder.resolve("check-receipt.mjs");
    Files.writeString(program, page.substring(from, page.indexOf("```", from)));
    Files.writeString(folder.resolve("jwks.json"), anybody.get("/.well-known/jwks.json").body());
    var job = client.submit("claude", "Say hello");
    client.ended(job);
    var receipt = client.get("/jobs/" + job + "/receipt").body();
    assertThat(node(folder, receipt)).isZero();
    var parts = receipt.split("\\.");
    var statement = new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8);
    var other = statement.replace("\"exit_code\":0", "\"exit_code\":1");
    assertThat(other).isNotEqualTo(statement);
    parts[1] =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(other.getBytes(StandardCharsets.UTF_8));
    assertThat(node(folder, String.join(".", parts))).isEqualTo(1);
  }

  /** Verifies a receipt with an independent library; returns its content. */
  private JsonNode checked(String receipt) throws Exception {
    var keys = anybody.get("/.well-known/jwks.json");
    assertThat(keys.status()).isEqualTo(200);
    assertThat(keys.body()).doesNotContain("\"d\"");
    var jws = JWSObject.parse(receipt);
    var key = JWKSet.parse(keys.body()).getKeyByKeyId(jws.getHeader().getKeyID()).toECKey();
    assertThat(jws.verify(new ECDSAVerifier(key))).isTrue();
    return new ObjectMapper().readTree(jws.getPayload().toBytes());
  }

  private static boolean hasNode() throws InterruptedException {
    try {
      return new ProcessBuilder("node", "--version").start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static int node(Path folder, String receipt) throws IOException, InterruptedException {
    Files.writeString(folder.resolve("receipt.jws"), receipt);
    return new ProcessBuilder("node", "check-receipt.mjs", "receipt.jws", "jwks.json")
        .directory(folder.toFile())
        .start()
        .waitFor();
  }
}
