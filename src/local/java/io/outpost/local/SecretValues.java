package io.outpost.local;

import static io.outpost.local.Secret.CURRENT;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/** The versions of secrets and their stages: reading, adding, moving. */
record SecretValues(SecretStore store, Clock clock) {

  ObjectNode get(Secret secret, SecretRequest in) {
    String id = in.text("VersionId");
    String stage = in.text("VersionStage");
    Optional<SecretVersion> version =
        id != null ? secret.version(id) : secret.at(stage == null ? CURRENT : stage);
    return version
        .filter(found -> stage == null || found.stages().contains(stage))
        .map(found -> SecretAnswers.value(secret, found))
        .orElseThrow(() -> AwsError.missing("The secret has no such version."));
  }

  ObjectNode put(Secret secret, SecretRequest in) {
    if (!in.hasValue()) {
      throw AwsError.invalid("SecretString or SecretBinary is required.");
    }
    return add(secret, in, in.stages().isEmpty() ? Set.of(CURRENT) : in.stages());
  }

  /** Adds a current version if the request has a value. Saves the secret in any case. */
  ObjectNode putCurrent(Secret secret, SecretRequest in) {
    return in.hasValue()
        ? add(secret, in, Set.of(CURRENT))
        : SecretAnswers.head(store.save(secret));
  }

  ObjectNode moveStage(Secret secret, SecretRequest in) {
    String stage = in.text("VersionStage", "");
    String to = in.text("MoveToVersionId");
    String holder = secret.at(stage).map(SecretVersion::id).orElse(null);
    if (to != null && secret.version(to).isEmpty()) {
      throw AwsError.missing("The secret has no such version.");
    }
    if (holder != null && !holder.equals(to) && !holder.equals(in.text("RemoveFromVersionId"))) {
      throw AwsError.invalid("RemoveFromVersionId must name the stage's version, " + holder);
    }
    Instant now = clock.instant();
    return SecretAnswers.head(
        store.save(to == null ? secret.unstaged(stage, now) : secret.staged(stage, to, now)));
  }

  /**
   * Adds a version, once for each token. The first version becomes current, whatever stages the
   * request names.
   */
  private ObjectNode add(Secret secret, SecretRequest in, Set<String> stages) {
    if (in.has("SecretString") && in.has("SecretBinary")) {
      throw AwsError.invalid("SecretString and SecretBinary exclude each other.");
    }
    String id = in.token();
    Secret changed = secret;
    Optional<SecretVersion> before = secret.version(id);
    if (before.isPresent() && !in.hasValueOf(before.get())) {
      throw AwsError.exists("The token belongs to a version with another value.");
    }
    if (before.isEmpty()) {
      Instant now = clock.instant();
      String text = in.text("SecretString");
      String binary = in.text("SecretBinary");
      changed = changed.with(new SecretVersion(id, text, binary, now, Set.of()));
      for (String stage : stages) {
        changed = changed.staged(stage, id, now);
      }
      changed = changed.at(CURRENT).isPresent() ? changed : changed.staged(CURRENT, id, now);
    }
    return SecretAnswers.version(store.save(changed), changed.version(id).orElseThrow());
  }
}
