package io.outpost.local;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;

/** The answers of Secrets Manager as JSON. */
final class SecretAnswers {

  private SecretAnswers() {}

  static ObjectNode empty() {
    return JsonNodeFactory.instance.objectNode();
  }

  static ObjectNode head(Secret secret) {
    return empty().put("ARN", secret.arn()).put("Name", secret.name());
  }

  static ObjectNode version(Secret secret, SecretVersion version) {
    ObjectNode answer = head(secret).put("VersionId", version.id());
    stages(answer.putArray("VersionStages"), version);
    return answer;
  }

  static ObjectNode value(Secret secret, SecretVersion version) {
    ObjectNode answer = version(secret, version).put("CreatedDate", seconds(version.created()));
    return version.text() != null
        ? answer.put("SecretString", version.text())
        : answer.put("SecretBinary", version.binary());
  }

  static ObjectNode versions(Secret secret) {
    ObjectNode answer = head(secret);
    ArrayNode versions = answer.putArray("Versions");
    for (SecretVersion version : secret.versions()) {
      ObjectNode entry = versions.addObject().put("VersionId", version.id());
      entry.put("CreatedDate", seconds(version.created()));
      stages(entry.putArray("VersionStages"), version);
    }
    return answer;
  }

  /** The answer of DescribeSecret. */
  static ObjectNode description(Secret secret) {
    return described(secret, "VersionIdsToStages");
  }

  /** An entry of ListSecrets. It is the same as a description, except for the name of one field. */
  static ObjectNode entry(Secret secret) {
    return described(secret, "SecretVersionsToStages");
  }

  private static ObjectNode described(Secret secret, String versionsField) {
    ObjectNode answer = head(secret);
    answer.put("CreatedDate", seconds(secret.created()));
    answer.put("LastChangedDate", seconds(secret.changed()));
    answer.put("Description", secret.description());
    answer.put("KmsKeyId", secret.kmsKey());
    if (secret.deleted() != null) {
      answer.put("DeletedDate", seconds(secret.deleted()));
    }
    if (secret.rotation() != null) {
      answer.put("RotationEnabled", true);
      secret.rotation().properties().forEach(e -> answer.set(e.getKey(), e.getValue()));
    }
    ArrayNode tags = answer.putArray("Tags");
    secret.tags().forEach((key, tag) -> tags.addObject().put("Key", key).put("Value", tag));
    ObjectNode versions = answer.putObject(versionsField);
    secret.versions().stream()
        .filter(version -> !version.stages().isEmpty())
        .forEach(version -> stages(versions.putArray(version.id()), version));
    return answer;
  }

  /** A time in seconds since 1970, with a fraction. */
  static double seconds(Instant time) {
    return time.toEpochMilli() / 1000.0;
  }

  private static void stages(ArrayNode target, SecretVersion version) {
    version.stages().stream().sorted().forEach(target::add);
  }
}
