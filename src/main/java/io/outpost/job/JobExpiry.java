package io.outpost.job;

import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.kernel.Shards;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.tenant.Tier;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.Put;

/**
 * Schedules the removal of ended jobs with all their files. Entries in the table usage are sorted
 * by the time of removal, so finding them needs neither a scan nor an index of all jobs.
 * Thread-safe.
 */
@Component
@EnableConfigurationProperties(JobExpiry.Kept.class)
public class JobExpiry {

  /** The prefix of the partitions with these entries. */
  public static final String ENDED = "ended";

  private final Names names;
  private final Kept settings;

  /**
   * How long jobs are kept.
   *
   * @param kept the time after a job's end, by its tenant's tier
   */
  @ConfigurationProperties("outpost.jobs")
  record Kept(Map<Tier, Duration> kept) {}

  JobExpiry(Names names, Kept settings) {
    this.names = names;
    this.settings = settings;
  }

  /** Adds the entry to the transaction that ends a job for good. */
  void add(Change change, Job job, Tier tier) {
    var ended = Objects.requireNonNull(job.completedAt(), "A job that has ended says when");
    var kept = Objects.requireNonNull(settings.kept().get(tier), "Each tier says how long");
    var item = note(job.tenantId(), job.jobId(), job.workspace(), ended.plus(kept));
    change.put(Put.builder().tableName(names.table("usage")).item(item));
  }

  /** The entry that schedules the removal of a job and, if there is one, of its workspace. */
  public static Map<String, AttributeValue> note(
      String tenantId, String jobId, @Nullable String workspace, Instant at) {
    var item = new HashMap<String, AttributeValue>();
    item.put("tenant_id", Items.text(Shards.of(ENDED, jobId)));
    item.put("sk", Items.text(Json.time(at) + "#" + jobId));
    item.put("owner", Items.text(tenantId));
    item.put("ended_job", Items.text(jobId));
    if (workspace != null) {
      item.put("workspace", Items.text(workspace));
    }
    return item;
  }
}
