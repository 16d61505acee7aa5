package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.job.Job;
import io.outpost.local.AwsClients;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Queued jobs of a tenant that is locked or deleted before a worker takes them. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class JobsOfAbsentTenantsTest {

  private static final String ENV = "absent";

  private final EmbeddedAws aws;
  private final AwsClients clients;

  JobsOfAbsentTenantsTest(EmbeddedAws aws) {
    this.aws = aws;
    this.clients = aws.clients();
  }

  @AfterEach
  void close() {
    clients.close();
  }

  @Test
  void aSuspendedTenantsJobsWaitAndADeletedOnesAreCancelled() {
    try (var api = start("api")) {
      var admin = Client.of(api.address()).with(api.adminKey());
      var active = Customer.of(admin, "free");
      var suspended = Customer.of(admin, "free");
      var deleted = Customer.of(admin, "free");
      var running = active.client().submit("claude", "Say hello");
      var waiting = suspended.client().submit("claude", "Say hello");
      var orphan = deleted.client().submit("claude", "Say hello");
      assertThat(counted(deleted)).isEqualTo(1);
      admin.patch(suspended.path(""), "{\"status\":\"suspended\"}");
      admin.delete(deleted.path(""));

      try (var worker = start("worker")) {
        assertThat(active.client().ended(running).get("status").asText()).isEqualTo("succeeded");
        await().until(() -> text(deleted, orphan, "status"), "cancelled"::equals);
        assertThat(counted(deleted)).isZero();
        assertThat(text(deleted, orphan, "open_shard")).isEmpty();
        assertThat(transitions(deleted)).containsOnlyOnce("job.cancelled");
        await().until(() -> text(suspended, waiting, "waiting_reason"), "tenant-suspended"::equals);
        assertThat(text(suspended, waiting, "status")).isEqualTo("pending");

        admin.patch(suspended.path(""), "{\"status\":\"active\"}");
        var ended = suspended.client().ended(waiting);
        assertThat(ended.get("status").asText()).isEqualTo("succeeded");
        assertThat(ended.get("attempts").asInt()).isEqualTo(1);
        assertThat(transitions(deleted)).noneMatch("job.running"::equals);
        assertThat(worker.context().isActive()).isTrue();
      }
    }
  }

  private LocalOutpost start(String profile) {
    return LocalOutpost.on(
        aws.endpoints(),
        profile,
        Map.of("server.port", 0, "outpost.env", ENV, "outpost.agents.demo", "always"));
  }

  private String text(Customer owner, String jobId, String attribute) {
    var item =
        clients
            .dynamoDb()
            .getItem(
                g ->
                    g.tableName("outpost-jobs-" + ENV)
                        .key(Job.key(owner.tenantId(), jobId))
                        .consistentRead(true))
            .item();
    return item.containsKey(attribute) ? item.get(attribute).s() : "";
  }

  /** The number of jobs that count against the quota. */
  private int counted(Customer owner) {
    return of(owner, "usage").stream()
        .filter(item -> item.containsKey("used"))
        .mapToInt(item -> Integer.parseInt(item.get("used").n()))
        .sum();
  }

  /** The transitions of the tenant's jobs in the audit. */
  private List<String> transitions(Customer owner) {
    return of(owner, "audit").stream()
        .filter(item -> item.containsKey("action"))
        .map(item -> item.get("action").s())
        .filter(action -> action.startsWith("job."))
        .toList();
  }

  private List<Map<String, AttributeValue>> of(Customer owner, String table) {
    return clients
        .dynamoDb()
        .query(
            q ->
                q.tableName("outpost-" + table + "-" + ENV)
                    .keyConditionExpression("tenant_id = :tenant")
                    .consistentRead(true)
                    .expressionAttributeValues(
                        Map.of(":tenant", AttributeValue.fromS(owner.tenantId()))))
        .items();
  }
}
