package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.agents.Agent;
import io.outpost.local.AwsClients;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.SharedOutpost;
import io.outpost.tenant.TenantSecret;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** A worker's cache of provider keys, tested by changing the keys without its knowledge. */
@Tag("product")
@ExtendWith({SharedOutpost.class, OutputCaptureExtension.class})
class ProviderKeysTest {

  private static final String VARIABLE = "ACME_API_KEY";
  private static final Agent AGENT =
      new Agent(
          "acme",
          "Acme",
          List.of("acme"),
          "",
          List.of(VARIABLE),
          List.of(),
          Map.of(),
          Duration.ofMinutes(1),
          List.of(),
          Set.of(0),
          null,
          null,
          null,
          null,
          false);

  private final String tenant = UUID.randomUUID().toString();
  private final String secret = TenantSecret.name(tenant, VARIABLE);
  private final AtomicLong nanos = new AtomicLong();
  private final AwsClients aws;
  private final ProviderKeys keys;

  ProviderKeysTest(EmbeddedAws embedded) {
    aws = embedded.clients();
    keys = new ProviderKeys(aws.secrets(), nanos::get);
  }

  @AfterEach
  void close() {
    aws.close();
  }

  /** The secret was stored before its name became reserved. */
  @Test
  void aReservedNameIsNotHandedToAnAgent(CapturedOutput output) {
    for (var name : List.of("LD_PRELOAD", "node_options", "DATABASE_URL")) {
      var id = TenantSecret.name(tenant, name);
      aws.secrets().createSecret(c -> c.name(id).secretString("value"));
    }
    assertThat(keys.of(tenant, AGENT, List.of("LD_PRELOAD", "node_options", "DATABASE_URL")))
        .isEqualTo(Map.of("DATABASE_URL", "value"));
    assertThat(output).contains("LD_PRELOAD of tenant " + tenant).contains("node_options");
  }

  @Test
  void aKeyIsRememberedForFiveMinutesUnlessItsTenantChangesIt() {
    create("first");
    assertThat(keys.of(tenant, AGENT, null)).isEqualTo(Map.of(VARIABLE, "first"));
    replace("second");
    pass(Duration.ofMinutes(4));
    assertThat(keys.of(tenant, AGENT, null)).isEqualTo(Map.of(VARIABLE, "first"));
    keys.forget(tenant);
    assertThat(keys.of(tenant, AGENT, null)).isEqualTo(Map.of(VARIABLE, "second"));
    replace("third");
    pass(Duration.ofMinutes(5));
    assertThat(keys.of(tenant, AGENT, null)).isEqualTo(Map.of(VARIABLE, "third"));
  }

  @Test
  void thatThereIsNoKeyIsRememberedForSecondsUnlessItsTenantAddsOne() {
    assertThat(keys.of(tenant, AGENT, null)).isEmpty();
    create("first");
    pass(Duration.ofSeconds(1));
    assertThat(keys.of(tenant, AGENT, null)).isEmpty();
    pass(Duration.ofSeconds(1));
    assertThat(keys.of(tenant, AGENT, null)).isEqualTo(Map.of(VARIABLE, "first"));
  }

  @Test
  void aKeyThatIsAddedIsSeenAtOnceWhenThatIsHeard() {
    assertThat(keys.of(tenant, AGENT, null)).isEmpty();
    create("first");
    keys.forget(tenant);
    assertThat(keys.of(tenant, AGENT, null)).isEqualTo(Map.of(VARIABLE, "first"));
  }

  private void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  private void create(String value) {
    aws.secrets().createSecret(c -> c.name(secret).secretString(value));
  }

  private void replace(String value) {
    aws.secrets().putSecretValue(p -> p.secretId(secret).secretString(value));
  }
}
