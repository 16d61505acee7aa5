package io.outpost.local;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The AWS services that Outpost uses, in this JVM and reachable only from this machine: SQS,
 * DynamoDB, S3, Secrets Manager, SNS and KMS. Each start uses other free ports, so a queue URL must
 * not be stored. Thread-safe. Several can run at a time, but only one of them with a data folder.
 */
public final class EmbeddedAws implements AutoCloseable {

  static final String REGION = "us-east-1";
  static final String ACCESS_KEY = "test";
  static final String SECRET_KEY = "test";

  /** The started services, in the order of closing: the last one first. */
  private final Deque<AutoCloseable> started = new ArrayDeque<>();

  private AwsClients.Endpoints endpoints;
  private SnsEmulator sns;

  private EmbeddedAws() {}

  /**
   * Starts all services; if one fails, the others are stopped. With a folder, state is kept there.
   */
  public static EmbeddedAws start(Optional<Path> data) {
    return start(data, Clock.systemUTC());
  }

  /** Starts all services. The clock is used for the recovery windows of Secrets Manager. */
  public static EmbeddedAws start(Optional<Path> data, Clock clock) {
    EmbeddedAws aws = new EmbeddedAws();
    try {
      aws.startAll(data, clock);
      return aws;
    } catch (Exception e) {
      try {
        aws.close();
      } catch (IllegalStateException closing) {
        e.addSuppressed(closing);
      }
      throw new IllegalStateException("The embedded AWS did not start: " + e.getMessage(), e);
    }
  }

  /** Where the services listen. */
  public AwsClients.Endpoints endpoints() {
    return endpoints;
  }

  /** New SDK clients of the services. The caller must close them. */
  public AwsClients clients() {
    return AwsClients.of(endpoints);
  }

  /** The Spring properties that point Outpost at these services. */
  public Map<String, Object> settings() {
    return endpoints.settings();
  }

  /** What was published to SNS topics since the start, oldest first. */
  public List<Notice> published() {
    return sns.published();
  }

  /**
   * Ends open long polls, then stops everything; takes at most three seconds on an idle machine.
   * Closing again has no effect.
   */
  @Override
  public void close() {
    IllegalStateException failure = null;
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        if (failure == null) {
          failure = new IllegalStateException("The embedded AWS did not stop cleanly.");
        }
        failure.addSuppressed(e);
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void startAll(Optional<Path> data, Clock clock) throws Exception {
    Optional<DataFolder> folder = Optional.empty();
    if (data.isPresent()) {
      folder = Optional.of(started(DataFolder.open(data.get())));
    }
    var s3 = started(EmbeddedS3.start(part(folder, "s3"), ACCESS_KEY, SECRET_KEY));
    var dynamoDb = started(EmbeddedDynamoDb.start(part(folder, "dynamodb")));
    var secrets =
        started(SecretsManagerEmulator.start(part(folder, "secretsmanager"), REGION, clock));
    sns = started(SnsEmulator.start(REGION));
    var kms = started(KmsEmulator.start(part(folder, "kms")));
    // Started last and so stopped first: polls end while the services that their messages need
    // still run.
    var sqs = started(EmbeddedSqs.start(part(folder, "sqs"), REGION));
    endpoints =
        new AwsClients.Endpoints(
            sqs.endpoint(), dynamoDb.endpoint(), s3.endpoint(), secrets.endpoint(), sns.endpoint(), kms.endpoint());
  }

  private <T extends AutoCloseable> T started(T service) {
    started.push(service);
    return service;
  }

  private static Optional<Path> part(Optional<DataFolder> folder, String service) throws Exception {
    return folder.isPresent() ? Optional.of(folder.get().of(service)) : Optional.empty();
  }
}
