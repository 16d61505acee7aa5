package io.outpost.aws;

import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/** Physical names: {@code outpost-<name>-<env>}, for buckets as set. Thread-safe. */
@Component
public class Names {

  private final Environment settings;
  private final String env;

  Names(Environment settings) {
    this.settings = settings;
    this.env = settings.getRequiredProperty("outpost.env");
  }

  /** A table of schema/tables.json. */
  public String table(String name) {
    return "outpost-" + name + "-" + env;
  }

  /** A queue of schema/queues.json. */
  public String queue(String name) {
    return "outpost-" + name + "-" + env;
  }

  /** A bucket: output, audit or audit-head. */
  public String bucket(String name) {
    return settings.getRequiredProperty("outpost.buckets." + name);
  }
}
