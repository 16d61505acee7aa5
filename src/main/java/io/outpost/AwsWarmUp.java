package io.outpost;

import io.outpost.aws.Names;
import io.outpost.aws.Queues;
import io.outpost.kernel.Ids;
import io.outpost.tenant.Tenant;
import jakarta.annotation.PostConstruct;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Warms up the AWS clients at the start, so that classes are loaded and connections opened before
 * routes and requests need them all at once ({@link io.outpost.VirtualThreadCarriers} says why that
 * matters). Operators also see early which service does not answer; the container starts
 * nevertheless.
 */
@Profile({"api", "worker", "local"})
@Component
class AwsWarmUp {

  private static final Logger LOG = LoggerFactory.getLogger(AwsWarmUp.class);

  private final DynamoDbClient dynamoDb;
  private final S3Client s3;
  private final Queues queues;
  private final Names names;

  AwsWarmUp(DynamoDbClient dynamoDb, S3Client s3, Queues queues, Names names) {
    this.dynamoDb = dynamoDb;
    this.s3 = s3;
    this.queues = queues;
    this.names = names;
  }

  /** Makes one call to each service that every role may make. */
  @PostConstruct
  void ask() {
    var operators = KeysAndAttributes.builder().keys(List.of(Tenant.key(Ids.OPERATORS))).build();
    ask(
        "DynamoDB",
        () ->
            dynamoDb.batchGetItem(b -> b.requestItems(Map.of(names.table("tenants"), operators))));
    ask("SQS", () -> queues.url("audit"));
    ask("S3", () -> s3.headBucket(b -> b.bucket(names.bucket("output"))));
  }

  private static void ask(String service, Runnable question) {
    try {
      question.run();
    } catch (SdkException e) {
      LOG.warn("{} does not answer yet: {}", service, e.toString());
    }
  }
}
