package io.outpost.faults;

import io.outpost.local.AwsClients;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/** Reads tables and buckets directly, not through the product or the proxies. */
record Books(AwsClients aws) {

  static final Set<String> ENDS = Set.of("succeeded", "failed", "cancelled", "dead_letter");

  /** The fields of a job that the checks need. */
  record Entry(String jobId, String tenantId, String status, int attempts) {

    boolean hasEnded() {
      return ENDS.contains(status);
    }
  }

  /** Every job by its id. */
  Map<String, Entry> jobs() {
    return scan("jobs").stream()
        .map(
            job ->
                new Entry(
                    job.get("job_id").s(),
                    job.get("tenant_id").s(),
                    job.get("status").s(),
                    Integer.parseInt(job.get("attempts").n())))
        .collect(Collectors.toMap(Entry::jobId, Function.identity()));
  }

  /** The job of every ledger entry. */
  List<String> ledger() {
    return scan("usage").stream()
        .filter(entry -> entry.get("sk").s().startsWith("ledger#"))
        .map(entry -> entry.get("job_id").s())
        .toList();
  }

  /**
   * The number of jobs that count in each tenant's period; without a limit the count is
   * sharded.
   */
  Map<String, Integer> counted() {
    return scan("usage").stream()
        .filter(counter -> counter.get("sk").s().startsWith("period#"))
        .collect(
            Collectors.toMap(
                counter -> counter.get("tenant_id").s(),
                counter -> Integer.parseInt(counter.get("used").n()),
                Integer::sum));
  }

  /**
   * What the audit says happened to each job: the status that it got and, if the entry tells, which
   * it had ({@code cancelled pending}) or why ({@code pending retry}).
   */
  Map<String, List<String>> transitions() {
    var transitions = new HashMap<String, List<String>>();
    for (var entry : scan("audit")) {
      // Heads of chains have no action.
      var action = entry.containsKey("action") ? entry.get("action").s() : "";
      if (action.startsWith("job.")) {
        var metadata = entry.get("metadata").m();
        var more = metadata.getOrDefault("was", metadata.get("reason"));
        transitions
            .computeIfAbsent(entry.get("resource").s().substring(6), job -> new ArrayList<>())
            .add(action.substring(4) + (more == null ? "" : " " + more.s()));
      }
    }
    return transitions;
  }

  /** Jobs that succeeded and whose output is missing. */
  Set<String> withoutOutput() {
    var missing = new HashSet<String>();
    for (var job : jobs().values()) {
      if (job.status().equals("succeeded") && !hasOutput(job)) {
        missing.add(job.jobId());
      }
    }
    return missing;
  }

  /**
   * Tenants with slots in use at this time; the slot of a killed worker is free when its lease
   * has expired.
   */
  List<String> tenantsWithHeldSlots(String now) {
    return scan("tenants").stream()
        .filter(item -> item.get("sk").s().equals("slots"))
        .filter(
            item -> {
              var leases = new HashMap<>(item);
              leases.keySet().removeIf(name -> !name.startsWith("lease_"));
              return Long.parseLong(item.get("used").n()) != leases.size()
                  || leases.values().stream().anyMatch(until -> until.s().compareTo(now) >= 0);
            })
        .map(item -> item.get("tenant_id").s())
        .toList();
  }

  private boolean hasOutput(Entry job) {
    var key =
        "tenants/%s/jobs/%s/output-%s.txt".formatted(job.tenantId(), job.jobId(), job.attempts());
    try {
      aws.s3().headObject(h -> h.bucket("outpost-output-local").key(key));
      return true;
    } catch (NoSuchKeyException e) {
      return false;
    }
  }

  private List<Map<String, AttributeValue>> scan(String table) {
    return aws
        .dynamoDb()
        .scanPaginator(s -> s.tableName("outpost-" + table + "-local").consistentRead(true))
        .items()
        .stream()
        .toList();
  }
}
