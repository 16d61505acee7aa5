package io.outpost.aws;

import java.util.Map;
import java.util.stream.Stream;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.kms.model.KmsRequest;
import software.amazon.awssdk.services.s3.model.S3Request;
import software.amazon.awssdk.services.secretsmanager.model.CreateSecretRequest;
import software.amazon.awssdk.services.secretsmanager.model.SecretsManagerRequest;
import software.amazon.awssdk.services.sns.model.SnsRequest;
import software.amazon.awssdk.services.sqs.model.SqsRequest;

/**
 * An action of IAM and what it is done to, both as in {@code actions.json}: what a call needs, or
 * what a role may do.
 *
 * @param action such as {@code dynamodb:GetItem}
 * @param resource such as {@code tenants}, {@code jobs/open}, {@code output/tenants/*}
 */
record Right(String action, String resource) {

  /** Where IAM has another name for an operation. */
  private static final Map<String, String> ACTIONS =
      Map.of(
          "HeadObject", "GetObject",
          "HeadBucket", "ListBucket",
          "ListObjectsV2", "ListBucket",
          "ListObjectVersions", "ListBucketVersions",
          "SendMessageBatch", "SendMessage",
          "DeleteMessageBatch", "DeleteMessage");

  /** What a role must have for a call. */
  static Stream<Right> neededBy(SdkRequest request) {
    var action = ACTIONS.getOrDefault(operation(request), operation(request));
    return switch (request) {
      case TransactWriteItemsRequest t -> t.transactItems().stream().map(Right::neededBy);
      case BatchGetItemRequest b ->
          b.requestItems().keySet().stream().map(t -> new Right("dynamodb:" + action, logical(t)));
      case BatchWriteItemRequest b ->
          b.requestItems().keySet().stream().map(t -> new Right("dynamodb:" + action, logical(t)));
      case DynamoDbRequest d -> Stream.of(new Right("dynamodb:" + action, table(d)));
      case SqsRequest q -> Stream.of(new Right("sqs:" + action, queue(q)));
      case S3Request s -> Stream.of(new Right("s3:" + action, object(s)));
      case CreateSecretRequest c ->
          Stream.of(action, "TagResource")
              .map(a -> new Right("secretsmanager:" + a, secret(c.name())));
      case SecretsManagerRequest m ->
          Stream.of(new Right("secretsmanager:" + action, secret(field(m, "SecretId"))));
      case SnsRequest n -> Stream.of(new Right("sns:" + action, last(field(n, "TopicArn"), ':')));
      case KmsRequest k -> Stream.of(new Right("kms:" + action, "receipts"));
      default -> Stream.of(new Right(request.getClass().getName(), ""));
    };
  }

  /** The name of a request's operation, such as {@code GetItem}. */
  static String operation(SdkRequest request) {
    return request.getClass().getSimpleName().replaceFirst("Request$", "");
  }

  /** Whether who has this right may do what needs the other. */
  boolean covers(Right needed) {
    return action.equals(needed.action)
        && (resource.endsWith("*")
            ? needed.resource.startsWith(resource.substring(0, resource.length() - 1))
            : needed.resource.equals(resource));
  }

  /** A transaction needs the rights to each of its writes. */
  private static Right neededBy(TransactWriteItem item) {
    if (item.put() != null) {
      return new Right("dynamodb:PutItem", logical(item.put().tableName()));
    }
    if (item.update() != null) {
      return new Right("dynamodb:UpdateItem", logical(item.update().tableName()));
    }
    if (item.delete() != null) {
      return new Right("dynamodb:DeleteItem", logical(item.delete().tableName()));
    }
    return new Right("dynamodb:ConditionCheckItem", logical(item.conditionCheck().tableName()));
  }

  private static String table(DynamoDbRequest request) {
    var index = field(request, "IndexName");
    var table = logical(field(request, "TableName"));
    return index.isEmpty() ? table : table + "/" + index;
  }

  private static String queue(SqsRequest request) {
    var url = field(request, "QueueUrl");
    return url.isEmpty() ? logical(field(request, "QueueName")) : last(url, '/');
  }

  private static String object(S3Request request) {
    var key = field(request, "Key");
    var bucket = logical(field(request, "Bucket"));
    return key.isEmpty() ? bucket : bucket + "/" + key;
  }

  private static String secret(String id) {
    return id.replaceFirst("^/outpost/", "");
  }

  private static String last(String text, char separator) {
    return logical(text.substring(text.lastIndexOf(separator) + 1));
  }

  /** The name without {@code outpost-} and the environment. */
  private static String logical(String physical) {
    return physical.replaceFirst("^outpost-(.+)-[a-z0-9]+$", "$1");
  }

  private static String field(SdkRequest request, String name) {
    return request.getValueForField(name, String.class).orElse("");
  }
}
