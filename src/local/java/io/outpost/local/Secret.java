package io.outpost.local;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A secret with all its versions, oldest first. These may be null: {@code description}, {@code
 * kmsKey}, {@code rotation} (as RotateSecret received it), {@code deleted} (when it was deleted)
 * and {@code purge} (when it can no longer be restored).
 */
record Secret(
    String name,
    String arn,
    String description,
    String kmsKey,
    Map<String, String> tags,
    JsonNode rotation,
    Instant created,
    Instant changed,
    Instant deleted,
    Instant purge,
    List<SecretVersion> versions) {

  static final String CURRENT = "AWSCURRENT";
  static final String PREVIOUS = "AWSPREVIOUS";

  Secret {
    tags = Map.copyOf(tags);
    versions = List.copyOf(versions);
  }

  Optional<SecretVersion> version(String id) {
    return versions.stream().filter(version -> version.id().equals(id)).findFirst();
  }

  Optional<SecretVersion> at(String stage) {
    return versions.stream().filter(version -> version.stages().contains(stage)).findFirst();
  }

  Secret with(SecretVersion version) {
    List<SecretVersion> more = new ArrayList<>(versions);
    more.add(version);
    return with(more, version.created());
  }

  /**
   * Moves a stage to a version. When it is the current stage, the version that had it becomes the
   * previous one.
   */
  Secret staged(String stage, String id, Instant now) {
    Optional<SecretVersion> holder = at(stage);
    if (holder.isPresent() && holder.get().id().equals(id)) {
      return this;
    }
    Secret moved = unstaged(stage, now).each(now, v -> v.id().equals(id) ? v.with(stage) : v);
    return stage.equals(CURRENT) && holder.isPresent()
        ? moved.staged(PREVIOUS, holder.get().id(), now)
        : moved;
  }

  /** Removes a stage from the version that has it. */
  Secret unstaged(String stage, Instant now) {
    return each(now, version -> version.without(stage));
  }

  Secret described(String newDescription, String newKmsKey, Instant now) {
    return new Secret(
        name,
        arn,
        newDescription,
        newKmsKey,
        tags,
        rotation,
        created,
        now,
        deleted,
        purge,
        versions);
  }

  Secret rotated(JsonNode newRotation, Instant now) {
    return new Secret(
        name, arn, description, kmsKey, tags, newRotation, created, now, deleted, purge, versions);
  }

  /** Marks the secret as deleted; with two nulls, restores it. */
  Secret deleted(Instant when, Instant purgeAt) {
    return new Secret(
        name, arn, description, kmsKey, tags, rotation, created, changed, when, purgeAt, versions);
  }

  private Secret each(Instant now, UnaryOperator<SecretVersion> change) {
    return with(versions.stream().map(change).toList(), now);
  }

  private Secret with(List<SecretVersion> newVersions, Instant now) {
    return new Secret(
        name, arn, description, kmsKey, tags, rotation, created, now, deleted, purge, newVersions);
  }
}
