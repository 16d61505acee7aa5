package io.outpost.jobs;

import io.outpost.aws.Names;
import io.outpost.event.Event;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.job.JobMoment;
import io.outpost.store.Items;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The timeline of a job: the events that its transitions wrote into its item, and the deliveries of
 * its webhook events. Stateless.
 */
@Component("jobTimeline")
public class JobTimeline {

  /** The maximum number of webhook deliveries in the answer. */
  private static final int MOST_TOLD = 100;

  private final JobReader reader;
  private final AnyJobReader anyReader;
  private final DynamoDbClient dynamoDb;
  private final Items items;
  private final Names names;

  JobTimeline(
      JobReader reader, AnyJobReader anyReader, DynamoDbClient dynamoDb, Items items, Names names) {
    this.reader = reader;
    this.anyReader = anyReader;
    this.dynamoDb = dynamoDb;
    this.items = items;
    this.names = names;
  }

  /** The events, oldest first. */
  public record View(List<JobMoment> data) {}

  /** The timeline of a job of the caller's tenant, without the names of workers. */
  public View read(@Header("job_id") String jobId, @ExchangeProperty(Call.NAME) Call call) {
    var moments = of(reader.item(jobId, call)).data();
    var tenantId = call.principal().tenantId();
    return new View(moments.stream().map(one -> one.forTenant(tenantId)).toList());
  }

  /** The timeline of a job of any tenant. */
  public View readAny(@Header("job_id") String jobId) {
    return of(anyReader.item(jobId));
  }

  private View of(Map<String, AttributeValue> item) {
    var moments = new ArrayList<JobMoment>();
    var kept = item.get(JobMoment.ATTRIBUTE);
    if (kept == null) {
      moments.addAll(known(items.read(item, Job.class)));
    } else {
      kept.l().forEach(moment -> moments.add(items.read(moment.m(), JobMoment.class)));
    }
    moments.addAll(told(Items.required(item, "tenant_id"), Items.required(item, "job_id").s()));
    // The sort is stable: events of the same millisecond keep the order in which they were written.
    moments.sort(Comparator.comparing(JobMoment::at));
    return new View(moments);
  }

  /** Derives the timeline of a job that is older than timelines from its fields. */
  private static List<JobMoment> known(Job job) {
    var known = new ArrayList<JobMoment>();
    known.add(moment(job.createdAt(), "submitted"));
    if (job.startedAt() != null) {
      known.add(moment(job.startedAt(), "running"));
    }
    if (job.completedAt() != null) {
      known.add(moment(job.completedAt(), job.status().name()));
    }
    return known;
  }

  private List<JobMoment> told(AttributeValue tenantId, String jobId) {
    return dynamoDb
        .query(
            q ->
                q.tableName(names.table("webhooks"))
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :job)")
                    .limit(MOST_TOLD)
                    .expressionAttributeValues(
                        Map.of(
                            ":tenant",
                            tenantId,
                            ":job",
                            Items.text(Event.TOLD_PREFIX + jobId + "#"))))
        .items()
        .stream()
        .map(
            item ->
                new JobMoment(
                    Instant.parse(Items.required(item, "at").s()),
                    "webhook",
                    null,
                    null,
                    Items.required(item, "reason").s(),
                    Items.required(item, "detail").s()))
        .toList();
  }

  private static JobMoment moment(Instant at, String event) {
    return new JobMoment(at, event, null, null, null, null);
  }
}
