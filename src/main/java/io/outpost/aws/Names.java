package io.outpost.aws;

import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * The names of resources in AWS: {@code outpost-<name>-<env>}; names of buckets are settings.
 * Thread-safe.
 */
@Component
public class Names {

  private final Environment settings;
  private final String env;

  Names(Environment settings) {
    this.settings = settings;
    this.env = settings.getRequiredProperty("outpost.env");
  }

  /** The name of a table of schema/tables.json. */
  public String table(String name) {
    return "outpost-" + name + "-" + env;
  }

  /** The name of a queue of schema/queues.json. */
  public String queue(String name) {
    return "outpost-" + name + "-" + env;
  }

  /** The name of a bucket: output, audit or audit-head. */
  public String bucket(String name) {
    return settings.getRequiredProperty("outpost.buckets." + name);
  }
}
