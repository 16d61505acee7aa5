package io.outpost.aws;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import software.amazon.awssdk.core.SdkRequest;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BatchGetItemRequest;
import software.amazon.awssdk.services.dynamodb.model.BatchWriteItemRequest;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbRequest;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.PutItemRequest;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItemsRequest;
import software.amazon.awssdk.services.dynamodb.model.Update;
import software.amazon.awssdk.services.dynamodb.model.UpdateItemRequest;
import software.amazon.awssdk.services.kms.model.KmsRequest;
import software.amazon.awssdk.services.s3.model.S3Request;
import software.amazon.awssdk.services.secretsmanager.model.CreateSecretRequest;
import software.amazon.awssdk.services.secretsmanager.model.SecretsManagerRequest;
import software.amazon.awssdk.services.sns.model.SnsRequest;
import software.amazon.awssdk.services.sqs.model.SqsRequest;

/**
 * An IAM action on a resource, both named as in {@code actions.json}: a call needs it, or a role
 * has it.
 *
 * @param action such as {@code dynamodb:GetItem}
 * @param resource such as {@code tenants}, {@code jobs/open}, {@code output/tenants/*}
 * @param attributes the item's attributes that a write names; patterns if a role has the right;
 *     empty: any
 */
record Right(String action, String resource, Set<String> attributes) {

  private static final Pattern WORD = Pattern.compile("[:#]?[A-Za-z_]\\w*");

  /** Words in expressions that are not attributes. */
  private static final Set<String> LANGUAGE =
      Set.of(
          "SET",
          "ADD",
          "REMOVE",
          "DELETE",
          "AND",
          "OR",
          "NOT",
          "IN",
          "BETWEEN",
          "size",
          "contains",
          "begins_with",
          "attribute_exists",
          "attribute_not_exists",
          "if_not_exists",
          "list_append");

  Right(String action, String resource) {
    this(action, resource, Set.of());
  }

  /** The operations that have another name in IAM. */
  private static final Map<String, String> ACTIONS =
      Map.of(
          "HeadObject", "GetObject",
          "HeadBucket", "ListBucket",
          "ListObjectsV2", "ListBucket",
          "ListObjectVersions", "ListBucketVersions",
          "SendMessageBatch", "SendMessage",
          "DeleteMessageBatch", "DeleteMessage");

  /** The rights that a role must have for a call. */
  static Stream<Right> neededBy(SdkRequest request) {
    var action = ACTIONS.getOrDefault(operation(request), operation(request));
    return switch (request) {
      case TransactWriteItemsRequest t -> t.transactItems().stream().map(Right::neededBy);
      case BatchGetItemRequest b ->
          b.requestItems().keySet().stream().map(t -> new Right("dynamodb:" + action, logical(t)));
      case BatchWriteItemRequest b ->
          b.requestItems().keySet().stream().map(t -> new Right("dynamodb:" + action, logical(t)));
      case PutItemRequest p ->
          Stream.of(
              new Right(
                  "dynamodb:" + action,
                  logical(p.tableName()),
                  attributes(p.item(), p.expressionAttributeNames(), p.conditionExpression())));
      case UpdateItemRequest u ->
          Stream.of(
              new Right(
                  "dynamodb:" + action,
                  logical(u.tableName()),
                  attributes(
                      u.key(),
                      u.expressionAttributeNames(),
                      u.updateExpression(),
                      u.conditionExpression())));
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

  /** Whether a role with this right may do what needs the other right. */
  boolean covers(Right needed) {
    return action.equals(needed.action)
        && (attributes.isEmpty() || needed.attributes.stream().allMatch(this::names))
        && (resource.endsWith("*")
            ? needed.resource.startsWith(resource.substring(0, resource.length() - 1))
            : needed.resource.equals(resource));
  }

  private boolean names(String attribute) {
    return attributes.stream().anyMatch(pattern -> matches(pattern, attribute));
  }

  /** Whether a pattern matches the attribute; it may end with an asterisk. */
  static boolean matches(String pattern, String attribute) {
    return pattern.endsWith("*")
        ? attribute.startsWith(pattern.substring(0, pattern.length() - 1))
        : attribute.equals(pattern);
  }

  /** The attributes as IAM counts them: those of the item or its key, and those in expressions. */
  private static Set<String> attributes(
      Map<String, AttributeValue> item, Map<String, String> names, String... expressions) {
    Set<String> found = new TreeSet<>(item.keySet());
    for (String expression : expressions) {
      WORD.matcher(expression == null ? "" : expression)
          .results()
          .map(MatchResult::group)
          .filter(word -> !word.startsWith(":") && !LANGUAGE.contains(word))
          .map(word -> names.getOrDefault(word, word))
          .forEach(found::add);
    }
    return found;
  }

  /** The right for one write of a transaction, which needs the rights for all its writes. */
  private static Right neededBy(TransactWriteItem item) {
    if (item.put() != null) {
      Put put = item.put();
      return new Right(
          "dynamodb:PutItem",
          logical(put.tableName()),
          attributes(put.item(), put.expressionAttributeNames(), put.conditionExpression()));
    }
    if (item.update() != null) {
      Update update = item.update();
      return new Right(
          "dynamodb:UpdateItem",
          logical(update.tableName()),
          attributes(
              update.key(),
              update.expressionAttributeNames(),
              update.updateExpression(),
              update.conditionExpression()));
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
