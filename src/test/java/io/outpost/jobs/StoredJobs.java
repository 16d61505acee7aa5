package io.outpost.jobs;

import io.outpost.blackbox.Customer;
import io.outpost.job.Job;
import io.outpost.job.Job.Status;
import io.outpost.job.JobBuilder;
import io.outpost.kernel.Ids;
import io.outpost.local.TwoApis;
import io.outpost.store.Items;
import java.time.Instant;
import java.util.Map;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/** Writes jobs directly to the table, to fill lists. */
final class StoredJobs {

  private StoredJobs() {}

  /** A job of a customer, created now. */
  static Job job(Customer customer, String agent, Status status) {
    var now = Instant.now();
    return JobBuilder.builder()
        .jobId(Ids.ulid())
        .tenantId(customer.tenantId())
        .agent(agent)
        .command("Say hello")
        .priority("normal")
        .timeoutSeconds(60)
        .status(status)
        .attempts(1)
        .createdAt(now)
        .startedAt(now)
        .completedAt(now)
        .exitCode(0)
        .build();
  }

  /** A job as an item of the table. */
  static Map<String, AttributeValue> item(TwoApis apis, Job job) {
    var item = apis.bean(Items.class).write(job);
    item.put("status_job", Items.text(Job.statusKey(job.status(), job.jobId())));
    return item;
  }
}
