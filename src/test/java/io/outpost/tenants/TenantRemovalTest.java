package io.outpost.tenants;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.aws.Names;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.kernel.Json;
import io.outpost.local.AwsClients;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import io.outpost.tenant.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.secretsmanager.model.FilterNameStringType;

/** After the retention nothing of a deleted tenant remains, and other tenants keep everything. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class TenantRemovalTest {

  private final LocalOutpost outpost;
  private final AwsClients clients;
  private final Client admin;
  private final Names names;

  TenantRemovalTest(LocalOutpost outpost, EmbeddedAws aws) {
    this.outpost = outpost;
    this.clients = aws.clients();
    this.admin = Client.of(outpost.address()).with(outpost.adminKey());
    this.names = outpost.context().getBean(Names.class);
  }

  @AfterEach
  void close() {
    clients.close();
  }

  @Test
  void itsDataGoesWhenTheRetentionIsOverAndNotBefore() throws Exception {
    var gone = withData();
    var stays = withData();
    var recent = withData();
    admin.delete(gone.path(""));
    admin.delete(recent.path(""));
    deletedBefore(gone, Duration.ofDays(31));
    deletedBefore(recent, Duration.ofDays(29));

    remove();

    assertThat(rest(gone)).isZero();
    assertThat(admin.get(gone.path("")).status()).isEqualTo(404);
    assertThat(rest(recent)).isGreaterThan(4);
    assertThat(admin.get(recent.path("")).text("status")).isEqualTo("deleted");
    assertThat(rest(stays)).isGreaterThan(4);
    assertThat(stays.client().get("/jobs").json().get("data")).hasSize(1);

    remove();
    assertThat(rest(stays)).isGreaterThan(4);
  }

  /** An interrupted removal continues later, because the tenant's item is removed last. */
  @Test
  void aRemovalThatFailedHalfwayIsFinishedTheNextTime() throws Exception {
    var gone = withData();
    admin.delete(gone.path(""));
    deletedBefore(gone, Duration.ofDays(31));
    var removal = outpost.context().getBean(TenantRemoval.class);
    assertThat(removal.due()).contains(gone.tenantId());
    removal.jobs(gone.tenantId());
    removal.files(gone.tenantId());
    assertThat(removal.due()).contains(gone.tenantId());
    remove();
    assertThat(rest(gone)).isZero();
    assertThat(removal.due()).doesNotContain(gone.tenantId());
  }

  private Customer withData() {
    var customer = Customer.of(admin, "free");
    customer
        .client()
        .put(customer.path("/secrets/ANTHROPIC_API_KEY"), "{\"value\":\"sk-of-a-test\"}");
    customer.client().ended(customer.client().submit("claude", "Say hello"));
    assertThat(rest(customer)).isGreaterThan(4);
    return customer;
  }

  private void deletedBefore(Customer customer, Duration age) {
    var then = AttributeValue.fromS(Json.time(Instant.now().minus(age)));
    clients
        .dynamoDb()
        .updateItem(
            u ->
                u.tableName(names.table("tenants"))
                    .key(Tenant.key(customer.tenantId()))
                    .updateExpression("SET updated_at = :then")
                    .expressionAttributeValues(Map.of(":then", then)));
  }

  /** Runs the route of the daily timer. */
  private void remove() throws Exception {
    var camel = outpost.context().getBean(CamelContext.class);
    var exchange = new DefaultExchange(camel);
    camel.getRoute("remove-tenants").getConsumer().getProcessor().process(exchange);
    assertThat(exchange.getException()).isNull();
  }

  /** The number of items, objects and secrets of a tenant. */
  private long rest(Customer customer) {
    var items =
        Stream.of("tenants", "jobs", "usage")
            .mapToLong(
                table ->
                    clients
                        .dynamoDb()
                        .query(
                            q ->
                                q.tableName(names.table(table))
                                    .keyConditionExpression("tenant_id = :tenant")
                                    .expressionAttributeValues(
                                        Map.of(
                                            ":tenant", AttributeValue.fromS(customer.tenantId()))))
                        .count())
            .sum();
    var objects =
        clients
            .s3()
            .listObjectsV2(
                l ->
                    l.bucket(names.bucket("output")).prefix("tenants/" + customer.tenantId() + "/"))
            .keyCount();
    var secrets =
        clients
            .secrets()
            .listSecrets(
                l ->
                    l.filters(
                        f ->
                            f.key(FilterNameStringType.NAME)
                                .values("/outpost/tenants/" + customer.tenantId() + "/")))
            .secretList()
            .size();
    return items + objects + secrets;
  }
}
