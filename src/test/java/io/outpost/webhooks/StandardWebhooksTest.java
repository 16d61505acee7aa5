package io.outpost.webhooks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.webhooks.Receiver.Got;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The specification's own library for Node.js, which shares no code with ours, accepts our
 * signatures and no others.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class StandardWebhooksTest {

  private static final Path SOURCES = Path.of("src/test/standard-webhooks");
  private static final Path FOLDER = Path.of("target/standard-webhooks").toAbsolutePath();
  private static final int FORGED = 3;

  private final Customer customer;
  private final Client client;

  StandardWebhooksTest(LocalOutpost outpost) {
    customer = Customer.of(Client.of(outpost.address()).with(outpost.adminKey()), "enterprise");
    client = customer.client();
  }

  @Test
  void anIndependentLibraryTakesWhatWeSignAndNothingElse() throws Exception {
    assumeTrue(
        run("", "node", "--version") == 0 && run("", "npm", "--version") == 0,
        "skipped: node and npm, which run the specification's own library, are not installed");
    install();
    try (var receiver = new Receiver()) {
      var made =
          client.post(
              customer.path("/webhooks"), "{\"url\":\"%s\"}".formatted(receiver.url("/hook")));
      var hook = customer.path("/webhooks/" + made.text("webhook_id"));
      var first = made.text("secret");
      client.submit("claude", "Say grüße");
      await().until(() -> !receiver.got().isEmpty());
      var got = receiver.got().getFirst();
      assertThat(verify(first, got, got.body())).isZero();
      assertThat(verify(first, got, got.body().replace("succeeded", "failed"))).isEqualTo(FORGED);
      assertThat(verify("whsec_" + "A".repeat(44), got, got.body())).isEqualTo(FORGED);

      var second = client.post(hook + "/rotate", "{}").text("secret");
      client.post(hook + "/ping", null);
      await().until(() -> receiver.got().size() == 2);
      var both = receiver.got().getLast();
      assertThat(verify(first, both, both.body())).isZero();
      assertThat(verify(second, both, both.body())).isZero();
      assertThat(verify(second, got, got.body())).isEqualTo(FORGED);
    }
  }

  private static void install() throws IOException, InterruptedException {
    if (!Files.exists(FOLDER.resolve("node_modules/standardwebhooks"))) {
      Files.createDirectories(FOLDER);
      Files.copy(
          SOURCES.resolve("package.json"),
          FOLDER.resolve("package.json"),
          StandardCopyOption.REPLACE_EXISTING);
      var folder = FOLDER.toString();
      assumeTrue(
          run("", "npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit") == 0,
          "skipped: npm could not install the specification's own library");
    }
  }

  private static int verify(String secret, Got got, String body)
      throws IOException, InterruptedException {
    var headers =
        Map.of(
            "webhook-id",
            got.id(),
            "webhook-timestamp",
            got.timestamp(),
            "webhook-signature",
            got.signature());
    var input = Map.of("secret", secret, "headers", headers, "body", body);
    return run(
        new ObjectMapper().writeValueAsString(input),
        "node",
        SOURCES.resolve("verify.cjs").toString(),
        FOLDER.toString());
  }

  /** Runs a program; returns its exit code, 127 if it is not installed. */
  private static int run(String input, String... command) throws IOException, InterruptedException {
    Process process;
    try {
      process =
          new ProcessBuilder(List.of(command))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      return 127;
    }
    try (var in = process.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.UTF_8));
    }
    return process.waitFor();
  }
}
