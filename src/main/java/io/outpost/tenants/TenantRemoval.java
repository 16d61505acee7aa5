package io.outpost.tenants;

import io.outpost.aws.Names;
import io.outpost.event.EventAudience;
import io.outpost.job.JobInput;
import io.outpost.job.JobOutput;
import io.outpost.kernel.Json;
import io.outpost.store.Items;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.TenantSecret;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.Header;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.secretsmanager.model.FilterNameStringType;

/**
 * Removes the data of deleted tenants after their retention. Each step can be repeated. The
 * tenant's own item is removed last, so that an interrupted removal is resumed. The audit expires
 * by its own retention. Stateless.
 */
@Component("tenantRemoval")
public class TenantRemoval {

  private final DynamoDbClient dynamoDb;
  private final S3Client s3;
  private final SecretsManagerClient secrets;
  private final Names names;
  private final Duration retention;

  TenantRemoval(
      DynamoDbClient dynamoDb,
      S3Client s3,
      SecretsManagerClient secrets,
      Names names,
      @Value("${outpost.tenants.retention}") Duration retention) {
    this.dynamoDb = dynamoDb;
    this.s3 = s3;
    this.secrets = secrets;
    this.names = names;
    this.retention = retention;
  }

  /** The ids of tenants whose deletion is longer ago than the retention. */
  public List<String> due() {
    var before = Json.time(Instant.now().minus(retention));
    Map<String, AttributeValue> values =
        Map.of(":deleted", Items.text(Tenants.DELETED), ":before", Items.text(before));
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(names.table("tenants"))
                    .indexName("directory")
                    .keyConditionExpression("directory = :deleted")
                    .filterExpression("updated_at < :before")
                    .expressionAttributeValues(values))
        .items()
        .stream()
        .map(item -> Items.required(item, "tenant_id").s())
        .toList();
  }

  /** Removes jobs. */
  public void jobs(@Header("tenant_id") String tenantId) {
    items("jobs", tenantId, "job_id");
  }

  /** Removes counters and ledger. */
  public void usage(@Header("tenant_id") String tenantId) {
    items("usage", tenantId, "sk");
  }

  /** Removes webhook endpoints, events and deliveries. */
  public void webhooks(@Header("tenant_id") String tenantId) {
    items("webhooks", tenantId, "sk");
    dynamoDb.deleteItem(
        d ->
            d.tableName(names.table("webhooks"))
                .key(Tenant.key(EventAudience.DIRECTORY, tenantId)));
  }

  /** Removes outputs, artifacts, workspaces and uploads. */
  public void files(@Header("tenant_id") String tenantId) {
    var bucket = names.bucket("output");
    Stream.of(JobOutput.prefix(tenantId), JobInput.prefix(tenantId))
        .flatMap(
            prefix ->
                s3.listObjectsV2Paginator(l -> l.bucket(bucket).prefix(prefix)).contents().stream())
        .forEach(object -> s3.deleteObject(d -> d.bucket(bucket).key(object.key())));
  }

  /** Removes provider keys. */
  @SuppressWarnings("unchecked") // The SDK takes filters as varargs of a generic type.
  public void secrets(@Header("tenant_id") String tenantId) {
    secrets
        .listSecretsPaginator(
            l ->
                l.filters(
                    f -> f.key(FilterNameStringType.NAME).values(TenantSecret.prefix(tenantId))))
        .stream()
        .flatMap(page -> page.secretList().stream())
        .forEach(
            secret ->
                secrets.deleteSecret(
                    d -> d.secretId(secret.name()).forceDeleteWithoutRecovery(true)));
  }

  /** Removes keys and, last, the tenant itself. */
  public void tenant(@Header("tenant_id") String tenantId) {
    var table = names.table("tenants");
    keys(table, tenantId, "sk").stream()
        .filter(key -> !key.equals(Tenant.key(tenantId)))
        .forEach(key -> dynamoDb.deleteItem(d -> d.tableName(table).key(key)));
    dynamoDb.deleteItem(d -> d.tableName(table).key(Tenant.key(tenantId)));
  }

  private void items(String table, String tenantId, String range) {
    var name = names.table(table);
    keys(name, tenantId, range)
        .forEach(key -> dynamoDb.deleteItem(d -> d.tableName(name).key(key)));
  }

  private List<Map<String, AttributeValue>> keys(String table, String tenantId, String range) {
    return dynamoDb
        .queryPaginator(
            q ->
                q.tableName(table)
                    .keyConditionExpression("tenant_id = :tenant")
                    .projectionExpression("tenant_id, " + range)
                    .expressionAttributeValues(Map.of(":tenant", Items.text(tenantId))))
        .items()
        .stream()
        .toList();
  }
}
