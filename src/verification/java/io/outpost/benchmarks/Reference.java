package io.outpost.benchmarks;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.outpost.kernel.Ids;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executors;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * The servers that Outpost is compared with: the JDK's HTTP server on virtual threads, which
 * accepts any job without authentication. {@code floor} makes the product's two AWS calls with
 * items of the same size and the same SDK client; {@code serial} makes the prototype's four
 * calls one after another.
 */
final class Reference {

  private static final String TENANT_ID = "7f1c0a52-3c7e-4a0e-9a39-0c6a4f6f9d10";
  private static final String KEY_ID = "01M80000000000000000000000";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final DynamoDbClient dynamoDb;
  private final SqsClient sqs;
  private final String queue;
  private final boolean serial;

  private Reference(URI aws, boolean serial) {
    var http = ApacheHttpClient.builder().maxConnections(200).expectContinueEnabled(false).build();
    this.dynamoDb = client(DynamoDbClient.builder().httpClient(http), aws);
    this.sqs = client(SqsClient.builder().httpClient(http), aws);
    this.queue = aws + "/000000000000/outpost-jobs-normal-bench";
    this.serial = serial;
  }

  /**
   * @param args the port, the endpoint of AWS, {@code floor} or {@code serial}
   */
  public static void main(String[] args) throws IOException {
    System.setProperty("sun.net.httpserver.nodelay", "true");
    var reference = new Reference(URI.create(args[1]), args[2].equals("serial"));
    var http = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), 0);
    http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    http.createContext("/", reference::answer);
    http.start();
  }

  private static <B extends AwsClientBuilder<B, C>, C> C client(B builder, URI aws) {
    return builder
        .endpointOverride(aws)
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("bench", "bench")))
        .overrideConfiguration(c -> c.apiCallTimeout(Duration.ofSeconds(10)))
        .build();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var wish = JSON.readTree(exchange.getRequestBody());
      var job = job(wish);
      if (serial) {
        acceptInFour(job);
      } else {
        acceptInTwo(job);
      }
      var answer = JSON.writeValueAsBytes(job);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.getResponseHeaders().set("Location", "/jobs/" + job.get("job_id").textValue());
      exchange.sendResponseHeaders(202, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  private static ObjectNode job(JsonNode wish) {
    var now = Instant.now().toString();
    return JSON.createObjectNode()
        .put("job_id", Ids.ulid())
        .put("tenant_id", TENANT_ID)
        .put("agent", wish.path("agent").asText())
        .put("command", wish.path("command").asText())
        .put("priority", "normal")
        .put("timeout_seconds", 3600)
        .put("status", "pending")
        .put("attempts", 0)
        .put("created_at", now)
        .put("waiting_reason", "queued")
        .put("estimated_start", now);
  }

  private void acceptInTwo(ObjectNode job) {
    var kept = kept(job);
    var told = told(job);
    dynamoDb.transactWriteItems(
        t ->
            t.transactItems(
                w ->
                    w.put(
                        p ->
                            p.tableName("outpost-jobs-bench")
                                .item(kept)
                                .conditionExpression("attribute_not_exists(job_id)")),
                w -> w.put(p -> p.tableName("outpost-audit-bench").item(told))));
    send(job);
  }

  private void acceptInFour(ObjectNode job) {
    dynamoDb.getItem(
        g ->
            g.tableName("outpost-usage-bench")
                .key(Map.of("tenant_id", text(TENANT_ID), "sk", text("period"))));
    dynamoDb.putItem(p -> p.tableName("outpost-jobs-bench").item(kept(job)));
    send(job);
    dynamoDb.putItem(p -> p.tableName("outpost-audit-bench").item(told(job)));
  }

  private void send(ObjectNode job) {
    var id = job.get("job_id").textValue();
    sqs.sendMessage(
        m ->
            m.queueUrl(queue)
                .messageGroupId(TENANT_ID)
                .messageBody(
                    "{\"tenant_id\":\"%s\",\"job_id\":\"%s\",\"priority\":\"normal\",\"holds\":0}"
                        .formatted(TENANT_ID, id)));
  }

  /** An item with as many attributes as the product's. */
  private static Map<String, AttributeValue> kept(ObjectNode job) {
    var item = new HashMap<String, AttributeValue>();
    job.properties()
        .forEach(
            field ->
                item.put(
                    field.getKey(),
                    field.getValue().isNumber()
                        ? AttributeValue.fromN(field.getValue().asText())
                        : text(field.getValue().asText())));
    item.remove("estimated_start");
    item.put("status_job", text("pending#" + job.get("job_id").textValue()));
    item.put("open_shard", text("open#1"));
    item.put("open_due", item.get("created_at"));
    item.put("tier", text("enterprise"));
    item.put("billing_period", item.get("created_at"));
    item.put("request_id", item.get("job_id"));
    return item;
  }

  private static Map<String, AttributeValue> told(ObjectNode job) {
    var id = job.get("job_id").textValue();
    var at = job.get("created_at").textValue();
    var entry = new HashMap<String, AttributeValue>();
    entry.put("tenant_id", text(TENANT_ID));
    entry.put("sk", text(at + "#" + id));
    entry.put("entry_id", text(id));
    entry.put("timestamp", text(at));
    entry.put("action", text("submitJob"));
    entry.put("resource", text("/jobs"));
    entry.put("outcome", text("allowed"));
    entry.put("status", AttributeValue.fromN("202"));
    entry.put("request_id", text(id));
    entry.put("key_id", text(KEY_ID));
    entry.put("ip_address", text("127.0.0.1"));
    entry.put("user_agent", text("benchmark"));
    entry.put("metadata", AttributeValue.fromM(Map.of()));
    entry.put("expires_at", AttributeValue.fromN("1800000000"));
    entry.put("open_shard", text("entry#1"));
    entry.put("open_due", text(at));
    return entry;
  }

  private static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }
}
