package io.outpost.local;

import io.outpost.aws.AwsProbe;
import io.outpost.aws.Names;
import io.outpost.blackbox.Client;
import java.util.HashMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Two API containers on one AWS, without a worker, so that jobs stay pending. All tests of a JVM
 * share one pair, which is started when first asked for. Tests stay apart by using tenants of their
 * own.
 */
public final class TwoApis {

  /** The KMS key with which the second container encrypts provider keys. */
  public static final String SECONDS_KMS_KEY = "alias/provider-keys";

  private static final String ADMIN_KEY = "op_live_0123456789abcdef0123456789abcdef";

  private final AwsClients clients;
  private final LocalOutpost first;
  private final LocalOutpost second;

  TwoApis(EmbeddedAws aws) {
    clients = aws.clients();
    first = start(aws, Map.of("outpost.auth.unknown-keys-per-minute", 100_000));
    second = start(aws, Map.of("outpost.secrets.kms-key", SECONDS_KMS_KEY));
  }

  private static LocalOutpost start(EmbeddedAws aws, Map<String, Object> more) {
    var settings = new HashMap<String, Object>(more);
    settings.put("server.port", 0);
    settings.put("outpost.env", "proofs");
    settings.put("outpost.probe", true);
    settings.put("outpost.jobs.resend-after", "1h"); // a sweep would change what tests compare
    settings.put("outpost.jobs.stream-for", "1s"); // no worker runs jobs, so their events never end
    settings.put("outpost.auth.rate-limit-per-minute", 100_000);
    settings.put("outpost.webhooks.settle", 0); // no worker runs jobs, so no event can be missed
    settings.put("outpost.auth.bootstrap-admin-key", ADMIN_KEY);
    return LocalOutpost.on(aws.endpoints(), "api", settings);
  }

  /** A client of the first container with an operator's key. */
  public Client admin() {
    return Client.of(first.address()).with(ADMIN_KEY);
  }

  /** Both containers. */
  LocalOutpost[] outposts() {
    return new LocalOutpost[] {first, second};
  }

  /** The address of the second container. */
  public String second() {
    return second.address();
  }

  /** Clients of the AWS that both containers use. */
  public AwsClients clients() {
    return clients;
  }

  /** The physical name of a table. */
  public String table(String name) {
    return bean(Names.class).table(name);
  }

  /**
   * All items of a tenant, except its audit and the time of a key's last use, which are written
   * later.
   */
  public List<Map<String, AttributeValue>> stateOf(String tenantId) {
    return Stream.of("tenants", "jobs", "usage", "webhooks")
        .map(
            table ->
                clients
                    .dynamoDb()
                    .query(
                        q ->
                            q.tableName(table(table))
                                .keyConditionExpression("tenant_id = :tenant")
                                .expressionAttributeValues(
                                    Map.of(":tenant", AttributeValue.fromS(tenantId)))))
        .flatMap(found -> found.items().stream())
        .map(TwoApis::withoutLastUse)
        .toList();
  }

  private static Map<String, AttributeValue> withoutLastUse(Map<String, AttributeValue> item) {
    var rest = new HashMap<>(item);
    rest.remove("last_used_at");
    return rest;
  }

  /** The calls of the first container to AWS. */
  public AwsProbe probe() {
    return bean(AwsProbe.class);
  }

  /** The calls of the second container to AWS. */
  public AwsProbe secondProbe() {
    return second.context().getBean(AwsProbe.class);
  }

  /** A bean of the first container. */
  public <T> T bean(Class<T> type) {
    return first.context().getBean(type);
  }
}
