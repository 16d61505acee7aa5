package io.outpost.local;

import java.time.Instant;
import java.util.Set;
import java.util.TreeSet;

/** One value of a secret: as text, or binary in Base64; the other one is null. */
record SecretVersion(String id, String text, String binary, Instant created, Set<String> stages) {

  SecretVersion {
    stages = Set.copyOf(stages);
  }

  SecretVersion with(String stage) {
    Set<String> more = new TreeSet<>(stages);
    more.add(stage);
    return new SecretVersion(id, text, binary, created, more);
  }

  SecretVersion without(String stage) {
    Set<String> fewer = new TreeSet<>(stages);
    fewer.remove(stage);
    return new SecretVersion(id, text, binary, created, fewer);
  }

  /** Omits the value, so that no log shows it. */
  @Override
  public String toString() {
    return "SecretVersion[" + id + " " + stages + "]";
  }
}
