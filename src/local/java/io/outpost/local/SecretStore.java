package io.outpost.local;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The secrets by name, in memory and, with a folder, in one file for each. A file is replaced as a
 * whole before the change is answered, so a killed process leaves either the old or the new one.
 * Not thread-safe.
 */
final class SecretStore {

  private final ObjectMapper json = JsonMapper.builder().findAndAddModules().build();
  private final NavigableMap<String, Secret> secrets = new TreeMap<>();
  private final Optional<Path> folder;

  SecretStore(Optional<Path> folder) throws IOException {
    this.folder = folder;
    if (folder.isPresent()) {
      try (Stream<Path> files = Files.list(folder.get())) {
        for (Path file : files.filter(f -> f.toString().endsWith(".json")).toList()) {
          Secret secret = json.readValue(file.toFile(), Secret.class);
          secrets.put(secret.name(), secret);
        }
      }
    }
  }

  Optional<Secret> byName(String name) {
    return Optional.ofNullable(secrets.get(name));
  }

  Optional<Secret> byArn(String arn) {
    return secrets.values().stream().filter(secret -> secret.arn().equals(arn)).findFirst();
  }

  /** The secrets with a name after this one, in the order of their names. */
  Collection<Secret> after(String name) {
    return secrets.tailMap(name, false).values();
  }

  Secret save(Secret secret) {
    folder.ifPresent(
        path -> {
          try {
            Path file = file(path, secret);
            Path draft = file.resolveSibling(file.getFileName() + ".draft");
            json.writeValue(draft.toFile(), secret);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    secrets.put(secret.name(), secret);
    return secret;
  }

  /** Removes secrets whose recovery window has ended. */
  void purge(Instant now) {
    List.copyOf(secrets.values()).stream()
        .filter(secret -> secret.purge() != null && !secret.purge().isAfter(now))
        .forEach(this::remove);
  }

  private void remove(Secret secret) {
    folder.ifPresent(
        path -> {
          try {
            Files.deleteIfExists(file(path, secret));
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
    secrets.remove(secret.name());
  }

  /**
   * The file of a secret, named by a hash, because names may contain slashes and have 512
   * characters.
   */
  private static Path file(Path folder, Secret secret) {
    try {
      byte[] name = secret.name().getBytes(StandardCharsets.UTF_8);
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(name);
      return folder.resolve(HexFormat.of().formatHex(hash) + ".json");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
