package io.outpost.audit;

import static java.util.stream.Collectors.groupingBy;

import io.outpost.local.AwsClients;
import io.outpost.local.EmbeddedAws;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.zip.GZIPInputStream;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/** Reads an environment's audit from the table and the archive, without the product. */
record Entries(AwsClients clients, String env) implements AutoCloseable {

  static Entries of(EmbeddedAws aws, String env) {
    return new Entries(aws.clients(), env);
  }

  /** All audit entries in the table, as items. */
  List<Map<String, AttributeValue>> items() {
    return clients
        .dynamoDb()
        .scanPaginator(s -> s.tableName("outpost-audit-" + env).consistentRead(true))
        .items()
        .stream()
        .filter(item -> item.containsKey("entry_id"))
        .toList();
  }

  /** The entries of calls, by request id; the entry of a job's transition belongs to no call. */
  Map<String, List<Map<String, AttributeValue>>> calls() {
    return items().stream()
        .filter(Entries::isCall)
        .collect(groupingBy(item -> item.get("request_id").s()));
  }

  /** Whether an item of the table is the entry of a call. */
  static boolean isCall(Map<String, AttributeValue> item) {
    return item.containsKey("entry_id") && item.containsKey("status");
  }

  /** The given request ids that have no entry. */
  Set<String> missing(Set<String> requestIds) {
    var missing = new TreeSet<>(requestIds);
    missing.removeAll(calls().keySet());
    return missing;
  }

  /** The tenants that have entries. */
  Set<String> tenants() {
    return items().stream().map(i -> i.get("tenant_id").s()).collect(Collectors.toSet());
  }

  /** All entries in a tenant's archive, in order, with duplicates. */
  List<AuditEntry> archived(String tenantId) {
    var entries = new ArrayList<AuditEntry>();
    for (var line : lines(tenantId)) {
      try {
        entries.add(SampleChain.MAPPER.readValue(line, AuditEntry.class));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return entries;
  }

  /** The number of blocks in a tenant's archive. */
  int blocks(String tenantId) {
    return new Buckets(clients, env).objects(tenantId).size();
  }

  /** The lines with entries in a tenant's archive. */
  List<String> lines(String tenantId) {
    var buckets = new Buckets(clients, env);
    var lines = new ArrayList<String>();
    for (var key : buckets.objects(tenantId)) {
      try (var gzip = new GZIPInputStream(new ByteArrayInputStream(buckets.read(key)))) {
        var content = new String(gzip.readAllBytes(), StandardCharsets.UTF_8);
        content.lines().skip(1).forEach(lines::add);
      } catch (NoSuchKeyException e) {
        // The embedded S3 also lists unfinished objects, under temporary names.
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return lines;
  }

  @Override
  public void close() {
    clients.close();
  }
}
