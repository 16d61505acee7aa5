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

/** Whether the process, and what it depends on, can serve. Thread-safe. */
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

  /** {@code UP} or {@code DOWN}, for the whole and for each dependency. */
  public record State(String status, Map<String, String> components) {}

  /** The process answers, so it is alive. */
  public State live() {
    return new State("UP", Map.of());
  }

  /**
   * The process answers, and what is known without asking: a dependency that is down ends no
   * worker.
   */
  public State told() {
    var components = new TreeMap<String, String>();
    parts.stream()
        .filter(HealthPart::asksNothing)
        .forEach(part -> components.put(part.name(), part.state()));
    return new State("UP", components);
  }

  /** How every dependency was a second ago or less: whoever asks more often costs us nothing. */
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
