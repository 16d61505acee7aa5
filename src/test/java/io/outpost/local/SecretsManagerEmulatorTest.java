package io.outpost.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.FilterNameStringType;
import software.amazon.awssdk.services.secretsmanager.model.InvalidParameterException;
import software.amazon.awssdk.services.secretsmanager.model.InvalidRequestException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceExistsException;
import software.amazon.awssdk.services.secretsmanager.model.ResourceNotFoundException;
import software.amazon.awssdk.services.secretsmanager.model.SecretListEntry;

class SecretsManagerEmulatorTest {

  private static final String NAME = "/outpost/tenants/t1/ANTHROPIC_API_KEY";

  private Instant now = Instant.parse("2026-11-01T00:00:00Z");
  private SecretsManagerEmulator emulator;
  private AwsClients clients;
  private SecretsManagerClient secrets;

  @BeforeEach
  void start() throws Exception {
    InstantSource source = () -> now;
    emulator =
        SecretsManagerEmulator.start(
            Optional.empty(), "us-east-1", source.withZone(ZoneOffset.UTC));
    clients = AwsClients.of(AwsClients.Endpoints.at(emulator.endpoint()));
    secrets = clients.secrets();
  }

  @AfterEach
  void stop() {
    clients.close();
    emulator.close();
  }

  @Test
  void aSecretReadsAsTextOrBytesByNameOrArn() {
    String arn = secrets.createSecret(s -> s.name(NAME).secretString("one")).arn();
    assertThat(read(NAME)).isEqualTo("one");
    assertThat(read(arn)).isEqualTo("one");
    SdkBytes bytes = SdkBytes.fromByteArray(new byte[] {0, -1});
    secrets.createSecret(s -> s.name("binary").secretBinary(bytes));
    assertThat(secrets.getSecretValue(s -> s.secretId("binary")).secretBinary()).isEqualTo(bytes);
    assertThatExceptionOfType(ResourceNotFoundException.class).isThrownBy(() -> read("none"));
    assertThatExceptionOfType(ResourceExistsException.class)
        .isThrownBy(() -> secrets.createSecret(s -> s.name(NAME).secretString("two")));
  }

  @Test
  void aNewValueIsCurrentAndTheLastOneStaysPrevious() {
    String first = secrets.createSecret(s -> s.name(NAME).secretString("one")).versionId();
    String second = secrets.putSecretValue(s -> s.secretId(NAME).secretString("two")).versionId();
    assertThat(read(NAME)).isEqualTo("two");
    var previous = secrets.getSecretValue(s -> s.secretId(NAME).versionStage("AWSPREVIOUS"));
    assertThat(previous.secretString()).isEqualTo("one");
    secrets.updateSecretVersionStage(
        s ->
            s.secretId(NAME)
                .versionStage("AWSCURRENT")
                .removeFromVersionId(second)
                .moveToVersionId(first));
    assertThat(read(NAME)).isEqualTo("one");
    assertThat(secrets.describeSecret(s -> s.secretId(NAME)).versionIdsToStages())
        .containsEntry(first, List.of("AWSCURRENT"))
        .containsEntry(second, List.of("AWSPREVIOUS"));
  }

  @Test
  void aPendingValueDoesNotBecomeCurrent() {
    secrets.createSecret(s -> s.name(NAME).secretString("one"));
    secrets.putSecretValue(
        s -> s.secretId(NAME).secretString("two").versionStages(Set.of("AWSPENDING")));
    assertThat(read(NAME)).isEqualTo("one");
    var pending = secrets.getSecretValue(s -> s.secretId(NAME).versionStage("AWSPENDING"));
    assertThat(pending.secretString()).isEqualTo("two");
  }

  @Test
  void aRepeatedPutIsOneVersionAndAnotherValueIsRefused() {
    String token = "0123456789abcdef0123456789abcdef";
    secrets.createSecret(s -> s.name(NAME).secretString("one"));
    for (int i = 0; i < 2; i++) {
      secrets.putSecretValue(s -> s.secretId(NAME).secretString("two").clientRequestToken(token));
    }
    assertThat(secrets.listSecretVersionIds(s -> s.secretId(NAME)).versions()).hasSize(2);
    assertThatExceptionOfType(ResourceExistsException.class)
        .isThrownBy(
            () ->
                secrets.putSecretValue(
                    s -> s.secretId(NAME).secretString("three").clientRequestToken(token)));
  }

  @Test
  void aDeletedSecretIsUnreadableRestorableForItsWindowAndThenGone() {
    secrets.createSecret(s -> s.name(NAME).secretString("one"));
    delete();
    assertThatExceptionOfType(InvalidRequestException.class).isThrownBy(() -> read(NAME));
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> secrets.createSecret(s -> s.name(NAME).secretString("two")));
    assertThat(secrets.listSecrets().secretList()).isEmpty();
    now = now.plus(Duration.ofDays(7)).minusSeconds(1);
    secrets.restoreSecret(s -> s.secretId(NAME));
    assertThat(read(NAME)).isEqualTo("one");
    delete();
    now = now.plus(Duration.ofDays(7));
    assertThatExceptionOfType(ResourceNotFoundException.class)
        .isThrownBy(() -> secrets.restoreSecret(s -> s.secretId(NAME)));
    secrets.createSecret(s -> s.name(NAME).secretString("three"));
    assertThat(read(NAME)).isEqualTo("three");
  }

  @Test
  void aForcedDeletionIsAtOnceAndAShortWindowIsRefused() {
    secrets.createSecret(s -> s.name(NAME).secretString("one"));
    assertThatExceptionOfType(InvalidParameterException.class)
        .isThrownBy(() -> secrets.deleteSecret(s -> s.secretId(NAME).recoveryWindowInDays(6L)));
    secrets.deleteSecret(s -> s.secretId(NAME).forceDeleteWithoutRecovery(true));
    assertThatExceptionOfType(ResourceNotFoundException.class).isThrownBy(() -> read(NAME));
  }

  @Test
  void aListHasEveryNameWithThePrefixOnceOverPages() {
    for (int i = 0; i < 7; i++) {
      String name = "/outpost/tenants/t1/" + i;
      secrets.createSecret(s -> s.name(name).secretString("x"));
    }
    secrets.createSecret(s -> s.name("/outpost/tenants/t10/0").secretString("x"));
    var pages =
        secrets.listSecretsPaginator(
            list ->
                list.maxResults(3)
                    .filters(f -> f.key(FilterNameStringType.NAME).values("/outpost/tenants/t1/")));
    assertThat(pages).hasSize(3);
    assertThat(pages.stream().flatMap(page -> page.secretList().stream()))
        .extracting(SecretListEntry::name)
        .hasSize(7)
        .doesNotHaveDuplicates()
        .allMatch(name -> name.startsWith("/outpost/tenants/t1/"));
  }

  @Test
  void tagsDescriptionAndRotationAreKept() {
    secrets.createSecret(
        s ->
            s.name(NAME)
                .secretString("one")
                .description("first")
                .tags(tag -> tag.key("tenant").value("t1")));
    secrets.updateSecret(s -> s.secretId(NAME).description("second"));
    assertThatExceptionOfType(InvalidRequestException.class)
        .isThrownBy(() -> secrets.rotateSecret(s -> s.secretId(NAME)));
    secrets.rotateSecret(
        s ->
            s.secretId(NAME)
                .rotationLambdaARN("arn:aws:lambda:us-east-1:000000000000:function:rotate")
                .rotationRules(rules -> rules.automaticallyAfterDays(90L)));
    var described = secrets.describeSecret(s -> s.secretId(NAME));
    assertThat(described.description()).isEqualTo("second");
    assertThat(described.tags()).extracting(tag -> tag.value()).containsExactly("t1");
    assertThat(described.rotationEnabled()).isTrue();
    assertThat(described.rotationRules().automaticallyAfterDays()).isEqualTo(90);
    assertThat(described.createdDate()).isEqualTo(now);
    assertThat(read(NAME)).isEqualTo("one");
  }

  private void delete() {
    var deleted = secrets.deleteSecret(s -> s.secretId(NAME).recoveryWindowInDays(7L));
    assertThat(deleted.deletionDate()).isEqualTo(now.plus(Duration.ofDays(7)));
  }

  private String read(String id) {
    return secrets.getSecretValue(s -> s.secretId(id)).secretString();
  }
}
