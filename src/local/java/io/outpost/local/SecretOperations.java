package io.outpost.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/** The operations of Secrets Manager, as its API reference describes them. Not thread-safe. */
final class SecretOperations {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9/_+=.@-]{1,512}");

  private final SecretStore store;
  private final SecretValues values;
  private final String arnPrefix;
  private final Clock clock;

  SecretOperations(SecretStore store, String region, Clock clock) {
    this.store = store;
    this.values = new SecretValues(store, clock);
    this.arnPrefix = "arn:aws:secretsmanager:" + region + ":000000000000:secret:";
    this.clock = clock;
  }

  /**
   * Performs one operation, for example {@code CreateSecret}; fails with an {@link AwsError} when
   * AWS would refuse it.
   */
  ObjectNode perform(String operation, JsonNode body) {
    store.purge(clock.instant());
    SecretRequest in = new SecretRequest(body);
    return switch (operation) {
      case "CreateSecret" -> create(in);
      case "GetSecretValue" -> values.get(live(in), in);
      case "PutSecretValue" -> values.put(live(in), in);
      case "UpdateSecret" -> update(live(in), in);
      case "UpdateSecretVersionStage" -> values.moveStage(live(in), in);
      case "RotateSecret" -> rotate(live(in), in);
      case "DeleteSecret" -> delete(in);
      case "RestoreSecret" -> SecretAnswers.head(store.save(any(in).deleted(null, null)));
      case "DescribeSecret" -> SecretAnswers.description(any(in));
      case "ListSecretVersionIds" -> SecretAnswers.versions(any(in));
      case "ListSecrets" -> new SecretListing(store).page(in);
      default -> throw new AwsError(400, "UnknownOperationException", operation + " is unknown.");
    };
  }

  private ObjectNode create(SecretRequest in) {
    String name = in.text("Name", "");
    if (!NAME.matcher(name).matches()) {
      throw AwsError.invalid("The name is not 1 to 512 of the characters A-Za-z0-9/_+=.@-");
    }
    Optional<Secret> there = store.byName(name);
    return there.isPresent() ? createdBefore(there.get(), in) : createNew(name, in);
  }

  private ObjectNode createNew(String name, SecretRequest in) {
    Instant now = clock.instant();
    String arn = arnPrefix + name + "-" + UUID.randomUUID().toString().substring(0, 6);
    String description = in.text("Description");
    String kmsKey = in.text("KmsKeyId");
    return values.putCurrent(
        new Secret(
            name, arn, description, kmsKey, in.tags(), null, now, now, null, null, List.of()),
        in);
  }

  /**
   * The answer to a creation of an existing secret. Only with the same token and value is it a
   * repetition.
   */
  private static ObjectNode createdBefore(Secret secret, SecretRequest in) {
    if (secret.purge() != null) {
      throw AwsError.refused("A secret with this name is scheduled for deletion.");
    }
    return secret
        .version(in.token())
        .filter(in::hasValueOf)
        .map(version -> SecretAnswers.version(secret, version))
        .orElseThrow(() -> AwsError.exists("The secret already exists."));
  }

  private ObjectNode update(Secret secret, SecretRequest in) {
    String description = in.text("Description", secret.description());
    String kmsKey = in.text("KmsKeyId", secret.kmsKey());
    return values.putCurrent(secret.described(description, kmsKey, clock.instant()), in);
  }

  /** Stores the rotation settings. Nothing is rotated, because there is no Lambda to call. */
  private ObjectNode rotate(Secret secret, SecretRequest in) {
    if (secret.rotation() == null && !in.has("RotationLambdaARN")) {
      throw AwsError.refused("No Lambda rotation function ARN is associated with this secret.");
    }
    ObjectNode rotation =
        secret.rotation() == null ? SecretAnswers.empty() : secret.rotation().deepCopy();
    for (String field : List.of("RotationLambdaARN", "RotationRules")) {
      if (in.has(field)) {
        rotation.set(field, in.body().get(field));
      }
    }
    return SecretAnswers.head(store.save(secret.rotated(rotation, clock.instant())));
  }

  private ObjectNode delete(SecretRequest in) {
    boolean force = in.body().path("ForceDeleteWithoutRecovery").asBoolean(false);
    long days = in.body().path("RecoveryWindowInDays").asLong(30);
    if (days < 7 || days > 30) {
      throw AwsError.invalid("RecoveryWindowInDays is 7 to 30.");
    }
    if (force && in.has("RecoveryWindowInDays")) {
      throw AwsError.invalid("ForceDeleteWithoutRecovery excludes RecoveryWindowInDays.");
    }
    Instant now = clock.instant();
    Instant purge = force ? now : now.plus(Duration.ofDays(days));
    Secret secret = store.save((force ? any(in) : live(in)).deleted(now, purge));
    store.purge(now);
    return SecretAnswers.head(secret).put("DeletionDate", SecretAnswers.seconds(purge));
  }

  private Secret any(SecretRequest in) {
    String id = in.text("SecretId", "");
    return (id.startsWith("arn:") ? store.byArn(id) : store.byName(id))
        .orElseThrow(() -> AwsError.missing("The secret does not exist."));
  }

  private Secret live(SecretRequest in) {
    Secret secret = any(in);
    if (secret.purge() != null) {
      throw AwsError.refused("The secret is marked for deletion.");
    }
    return secret;
  }
}
