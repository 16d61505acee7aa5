package io.outpost.health;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.LoadingCache;
import io.outpost.aws.Names;
import io.outpost.aws.Queues;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;

/** Whether the process and its dependencies can serve requests. Thread-safe. */
@Component("health")
public class Health {

  private static final Logger LOG = LoggerFactory.getLogger(Health.class);

  private static final Duration FRESH = Duration.ofSeconds(1);

  private final DynamoDbClient dynamoDb;
  private final SqsClient sqs;
  private final S3Client s3;
  private final Queues queues;
  private final Names names;
  private final List<HealthPart> parts;
  private final LoadingCache<String, State> asked =
      Caffeine.newBuilder().expireAfterWrite(FRESH).build(any -> ask());

  Health(
      DynamoDbClient dynamoDb,
      SqsClient sqs,
      S3Client s3,
      Queues queues,
      Names names,
      List<HealthPart> parts) {
    this.dynamoDb = dynamoDb;
    this.sqs = sqs;
    this.s3 = s3;
    this.queues = queues;
    this.names = names;
    this.parts = List.copyOf(parts);
  }

  /** {@code UP} or {@code DOWN}, in total and for each component. */
  public record State(String status, Map<String, String> components) {

    /** The HTTP status of the answer. */
    public int code() {
      return status.equals("UP") ? 200 : 503;
    }
  }

  /** Answers that the process is alive. */
  public State live() {
    return new State("UP", Map.of());
  }

  /**
   * Answers that the process is alive, with the state of its own parts only: a failed part ends a
   * worker, a failed dependency must not.
   */
  public State told() {
    var components = new TreeMap<String, String>();
    parts.stream()
        .filter(HealthPart::asksNothing)
        .forEach(part -> components.put(part.name(), part.state()));
    return whole(components);
  }

  /**
   * The state of every component, including dependencies. Cached for a second, so that frequent
   * requests cost nothing.
   */
  public State ready() {
    return asked.get("ready");
  }

  private State ask() {
    var components = new TreeMap<String, String>();
    components.put(
        "dynamodb",
        ask("dynamodb", () -> dynamoDb.describeTable(t -> t.tableName(names.table("tenants")))));
    components.put(
        "sqs",
        ask(
            "sqs",
            () ->
                sqs.getQueueAttributes(
                    q ->
                        q.queueUrl(queues.url("jobs-normal"))
                            .attributeNames(QueueAttributeName.QUEUE_ARN))));
    components.put("s3", ask("s3", () -> s3.headBucket(b -> b.bucket(names.bucket("output")))));
    parts.forEach(part -> components.put(part.name(), part.state()));
    return whole(components);
  }

  private static State whole(Map<String, String> components) {
    return new State(components.containsValue("DOWN") ? "DOWN" : "UP", components);
  }

  private static String ask(String what, Runnable question) {
    try {
      question.run();
      return "UP";
    } catch (SdkException e) {
      LOG.warn("Not ready: {} does not answer: {}", what, e.toString());
      return "DOWN";
    }
  }
}
