package io.outpost.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.Outpost;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.blackbox.OutpostProcess;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The operator's verify command, as a real process, prints what it found and exits accordingly. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class VerifyCommandTest {

  private final EmbeddedAws aws;
  private final Client admin;
  @TempDir private Path folder;

  VerifyCommandTest(EmbeddedAws aws, LocalOutpost outpost) {
    this.aws = aws;
    this.admin = Client.of(outpost.address()).with(outpost.adminKey());
  }

  @Test
  void endsWith0WhenAllIsIntactAndWith2WhenNot() throws Exception {
    try (var buckets = Buckets.of(aws)) {
      var customer = Customer.of(admin, "free");
      await()
          .until(
              () -> {
                assertThat(customer.client().get("/jobs").status()).isEqualTo(200);
                return buckets.objects(customer.tenantId()).size() >= 2;
              });
      var intact = verify(customer.tenantId(), 0);
      assertThat(intact.get("intact").asBoolean()).isTrue();
      assertThat(intact.get("faults")).isEmpty();
      assertThat(intact.get("tenant_id").asText()).isEqualTo(customer.tenantId());
      assertThat(intact.get("last_sequence").asInt()).isGreaterThanOrEqualTo(2);

      var second = buckets.objects(customer.tenantId()).get(1);
      buckets.write(second, edited(buckets.read(second)));
      var tampered = verify(customer.tenantId(), 2);
      assertThat(tampered.get("intact").asBoolean()).isFalse();
      assertThat(tampered.get("faults")).hasSize(1);
      assertThat(tampered.at("/faults/0/kind").asText()).isEqualTo("edited");
      assertThat(tampered.at("/faults/0/sequence").asInt()).isEqualTo(2);
      assertThat(tampered.at("/faults/0/key").asText()).isEqualTo(second);
    }
  }

  /** Runs the command, checks its exit code and returns its last line of JSON. */
  private JsonNode verify(String tenantId, int exitCode) throws Exception {
    var arguments =
        Stream.concat(
            Stream.of(
                "--spring.profiles.active=verify",
                "--outpost.env=local",
                "--outpost.verify-audit=" + tenantId),
            aws.settings().entrySet().stream()
                .map(s -> "--%s=%s".formatted(s.getKey(), s.getValue())));
    try (var command =
        OutpostProcess.start(Outpost.class, folder, Map.of(), arguments.toArray(String[]::new))) {
      assertThat(command.awaitExit()).as(command.printed()).isEqualTo(exitCode);
      var last = command.printed().lines().filter(line -> line.startsWith("{")).toList().getLast();
      return new ObjectMapper().readTree(last);
    }
  }

  /** Turns the recorded statuses of successful calls into refusals. */
  private static byte[] edited(byte[] object) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var gunzip = new GZIPInputStream(new ByteArrayInputStream(object));
        var gzip = new GZIPOutputStream(out)) {
      var content = new String(gunzip.readAllBytes(), StandardCharsets.UTF_8);
      gzip.write(content.replace("\"status\":2", "\"status\":4").getBytes(StandardCharsets.UTF_8));
    }
    return out.toByteArray();
  }
}
