package io.outpost.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/** The body of a request to Secrets Manager. */
record SecretRequest(JsonNode body) {

  /** A field as text, or null. */
  String text(String field) {
    return body.hasNonNull(field) ? body.get(field).asText() : null;
  }

  /** A field as text, or {@code otherwise} when it is absent or empty. */
  String text(String field, String otherwise) {
    String text = text(field);
    return text == null || text.isEmpty() ? otherwise : text;
  }

  boolean has(String field) {
    return body.hasNonNull(field);
  }

  boolean hasValue() {
    return has("SecretString") || has("SecretBinary");
  }

  boolean hasValueOf(SecretVersion version) {
    return Objects.equals(version.text(), text("SecretString"))
        && Objects.equals(version.binary(), text("SecretBinary"));
  }

  /** The token by which a repeated request is recognized; also the id of the new version. */
  String token() {
    return text("ClientRequestToken", UUID.randomUUID().toString());
  }

  Set<String> stages() {
    Set<String> stages = new LinkedHashSet<>();
    body.path("VersionStages").forEach(stage -> stages.add(stage.asText()));
    return stages;
  }

  Map<String, String> tags() {
    Map<String, String> tags = new TreeMap<>();
    body.path("Tags")
        .forEach(tag -> tags.put(tag.path("Key").asText(), tag.path("Value").asText()));
    return tags;
  }
}
