package io.outpost.secrets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.DescribeSecretResponse;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;

/**
 * Provider keys are stored in Secrets Manager, never shown, and can be replaced, deleted and
 * restored.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class SecretsTest {

  private static final String NAME = "ANTHROPIC_API_KEY";

  private final TwoApis apis;
  private final Client admin;
  private final Customer customer;
  private final SecretsManagerClient manager;

  SecretsTest(TwoApis apis) {
    this.apis = apis;
    this.admin = apis.admin();
    this.customer = Customer.of(admin, "pro");
    this.manager = apis.clients().secrets();
  }

  @Test
  void aKeyIsKeptUnderItsTenantWithTheRotationPolicy() {
    assertThat(put(NAME, "sk-first").status()).isEqualTo(204);
    assertThat(value(NAME)).isEqualTo("sk-first");
    var kept = describe(NAME);
    assertThat(kept.name()).isEqualTo("/outpost/tenants/" + customer.tenantId() + "/" + NAME);
    assertThat(kept.tags().stream().map(tag -> tag.key() + "=" + tag.value()))
        .containsExactlyInAnyOrder(
            "outpost:tenant=" + customer.tenantId(), "outpost:rotate-after-days=90");
    assertThat(kept.kmsKeyId()).isNull();
  }

  @Test
  void theInstallationsKmsKeyIsUsed() {
    var second = customer.client().at(apis.second());
    assertThat(second.put(path(NAME), body("sk-first")).status()).isEqualTo(204);
    assertThat(describe(NAME).kmsKeyId()).isEqualTo(TwoApis.SECONDS_KMS_KEY);
  }

  @Test
  void aReplacedKeyIsTheOneThatIsReadFromThenOn() {
    put(NAME, "sk-first");
    assertThat(put(NAME, "sk-second").status()).isEqualTo(204);
    assertThat(value(NAME)).isEqualTo("sk-second");
    assertThat(list()).hasSize(1);
  }

  @Test
  void aListHasNamesAndTimesAndNothingElse() {
    put("OPENAI_API_KEY", "sk-listed");
    put(NAME, "sk-listed");
    var names = list().stream().map(secret -> secret.get("name").asText());
    assertThat(names).containsExactlyInAnyOrder(NAME, "OPENAI_API_KEY");
    assertThat(list())
        .allSatisfy(
            secret -> {
              assertThat(secret.propertyStream().map(field -> field.getKey()))
                  .containsExactlyInAnyOrder(
                      "name", "agents", "created_at", "updated_at", "rotate_by");
              assertThat(time(secret, "rotate_by"))
                  .isEqualTo(time(secret, "updated_at").plus(Duration.ofDays(90)));
            });
    assertThat(Customer.of(admin, "pro").client().get(customer.path("/secrets")).status())
        .isEqualTo(404);
  }

  @Test
  void aDeletedKeyCanBeBroughtBackForSevenDays() {
    var deletions =
        apis.probe()
            .record(
                call ->
                    call.operation().equals("DeleteSecret") && call.mentions(customer.tenantId()));
    put(NAME, "sk-first");
    assertThat(customer.client().delete(path(NAME)).status()).isEqualTo(204);
    assertThat(list()).isEmpty();
    assertThatThrownBy(() -> value(NAME)).isInstanceOf(InvalidRequestException.class);
    assertThat(describe(NAME).deletedDate()).isNotNull();
    assertThat(deletions).hasSize(1).allMatch(call -> call.mentions("RecoveryWindowInDays=7"));
    assertThat(customer.client().delete(path(NAME)).status()).isEqualTo(404);
    assertThat(put(NAME, "sk-second").status()).isEqualTo(204);
    assertThat(value(NAME)).isEqualTo("sk-second");
    assertThat(describe(NAME).deletedDate()).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"A-B", "A.B", "1A"})
  void aNameThatIsNoVariableIsRefused(String name) {
    var answer = put(name, "sk-of-a-test");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("name");
    assertThat(customer.client().delete(path(name)).status()).isEqualTo(404);
    assertThat(list()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"..", "A%2FB"})
  void aNameLeadsNowhereElse(String name) {
    assertThat(put(name, "sk-of-a-test").status()).isIn(400, 404);
    assertThat(list()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"value\":\"\"}",
        "{\"value\":7}",
        "{\"value\":\"sk-of\\na-test\"}",
        "{\"value\":\"seven77\"}",
        "{\"value\":\"  four4    \"}"
      })
  void whatIsNoKeyIsRefusedWithoutBeingShown(String wish) {
    var answer = customer.client().put(path(NAME), wish);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("value");
    assertThat(list()).isEmpty();
  }

  @Test
  void aValueHasEightTo8192Characters() {
    assertThat(put(NAME, "12345678").status()).isEqualTo(204);
    assertThat(put(NAME, "k".repeat(8192)).status()).isEqualTo(204);
    assertThat(put(NAME, "😀".repeat(8192)).status()).isEqualTo(204);
    assertThat(put(NAME, "k".repeat(8193)).status()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PATH",
        "HOME",
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "OUTPOST_JOB_ID",
        "AWS_ACCESS_KEY_ID",
        "ECS_CONTAINER_METADATA_URI",
        "BASH_ENV",
        "NODE_OPTIONS",
        "PYTHONSTARTUP",
        "GIT_SSH_COMMAND",
        "JAVA_TOOL_OPTIONS",
        "IFS",
        "path",
        "Ld_Preload"
      })
  void aNameWithAMeaningForTheSystemIsReserved(String name) {
    var answer = put(name, "sk-of-a-test");
    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo("name");
    assertThat(list()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "ANTROPIC_API_KEY, ANTHROPIC_API_KEY",
    "ANTHROPIC_APIKEY, ANTHROPIC_API_KEY",
    "ANTHROPIC_KEY, ANTHROPIC_API_KEY",
    "anthropic_api_key, ANTHROPIC_API_KEY",
    "OPENAI_API_KEYS, OPENAI_API_KEY",
    "OPEN_AI_API_KEY, OPENAI_API_KEY",
    "GEMINI_KEY, GEMINI_API_KEY",
    "XAI_APIKEY, XAI_API_KEY"
  })
  void aNearMissIsToldWhatWasMeant(String name, String meant) {
    var answer = put(name, "sk-of-a-test");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.text("detail")).contains(meant);
    assertThat(list()).isEmpty();
  }

  @Test
  void theListSaysWhichAgentsGetASecret() {
    for (var name : List.of(NAME, "GITHUB_TOKEN", "MY_OWN", "npm_token", "_X", "STRIPE_API_KEY")) {
      assertThat(put(name, "sk-of-a-test").status()).as(name).isEqualTo(204);
    }
    assertThat(list())
        .allSatisfy(
            secret ->
                assertThat(secret.get("agents").valueStream().map(JsonNode::asText))
                    .containsExactlyElementsOf(
                        secret.get("name").asText().equals(NAME)
                            ? List.of("aider", "claude")
                            : List.of()));
  }

  @Test
  void theListComesInPagesNewestFirst() {
    var oldestFirst = List.of("MY_B", "MY_A", "MY_C");
    for (var name : oldestFirst) {
      assertThat(put(name, "sk-of-a-test").status()).as(name).isEqualTo(204);
    }
    var first = customer.client().get(customer.path("/secrets?limit=2"));
    var cursor = first.json().get("next_cursor").asText();
    var last = customer.client().get(customer.path("/secrets?limit=2&cursor=" + cursor));
    assertThat(names(first)).hasSize(2);
    assertThat(Stream.of(first, last).flatMap(page -> names(page).stream()))
        .containsExactlyElementsOf(oldestFirst.reversed());
    assertThat(last.json().get("next_cursor").isNull()).isTrue();
    assertThat(customer.client().get(customer.path("/secrets?limit=101")).status()).isEqualTo(400);
    assertThat(customer.client().get(customer.path("/secrets?cursor=x" + cursor)).status())
        .isEqualTo(400);
  }

  private static List<String> names(Client.Answer page) {
    return page.json().get("data").valueStream().map(s -> s.get("name").asText()).toList();
  }

  private Client.Answer put(String name, String value) {
    return customer.client().put(path(name), body(value));
  }

  private static String body(String value) {
    return "{\"value\":\"%s\"}".formatted(value);
  }

  private String path(String name) {
    return customer.path("/secrets/" + name);
  }

  private List<JsonNode> list() {
    return customer
        .client()
        .get(customer.path("/secrets"))
        .json()
        .get("data")
        .valueStream()
        .toList();
  }

  private String value(String name) {
    return manager.getSecretValue(g -> g.secretId(id(name))).secretString();
  }

  private DescribeSecretResponse describe(String name) {
    return manager.describeSecret(d -> d.secretId(id(name)));
  }

  private String id(String name) {
    return "/outpost/tenants/" + customer.tenantId() + "/" + name;
  }

  private static Instant time(JsonNode secret, String field) {
    return Instant.parse(secret.get(field).asText());
  }
}
