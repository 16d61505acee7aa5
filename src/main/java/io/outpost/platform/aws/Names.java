package io.outpost.platform.aws;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/** Physical names: {@code outpost-<name>-<env>}. Thread-safe. */
@Component
public class Names {

  private final String env;
  private final String accountSuffix;

  Names(
      @Value("${outpost.env}") String env, @Value("${outpost.bucket-suffix}") String bucketSuffix) {
    this.env = env;
    this.accountSuffix = bucketSuffix.isBlank() ? "" : "-" + bucketSuffix;
  }

  /** A table of schema/tables.json. */
  public String table(String name) {
    return "outpost-" + name + "-" + env;
  }

  /** A queue of schema/queues.json. */
  public String queue(String name) {
    return "outpost-" + name + "-" + env;
  }

  /** A bucket; bucket names are global, hence the suffix. */
  public String bucket(String name) {
    return "outpost-" + name + "-" + env + accountSuffix;
  }
}
