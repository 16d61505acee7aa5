package io.outpost.jobs;

import io.outpost.aws.Names;
import io.outpost.job.Job;
import io.outpost.job.JobOutput;
import io.outpost.store.Change;
import io.outpost.store.ChangeFeed;
import io.outpost.store.ChangeFeed.Announcement;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.Body;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.KeysAndAttributes;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;

/** The steps of polling followed jobs, once for all requests that wait for them. Stateless. */
@Component("watchedJobsPoll")
public class WatchedJobsPoll {

  private final DynamoDbClient dynamoDb;
  private final S3Client s3;
  private final Items items;
  private final Names names;
  private final ChangeFeed changeFeed;
  private final Transactions transactions;

  WatchedJobsPoll(
      DynamoDbClient dynamoDb,
      S3Client s3,
      Items items,
      Names names,
      ChangeFeed changeFeed,
      Transactions transactions) {
    this.dynamoDb = dynamoDb;
    this.s3 = s3;
    this.items = items;
    this.names = names;
    this.changeFeed = changeFeed;
    this.transactions = transactions;
  }

  /** Reads a batch of jobs at once; returns the jobs whose output is needed. */
  public List<WatchedJob> read(@Body List<WatchedJob> batch) {
    var table = names.table("jobs");
    var byKey = new HashMap<String, WatchedJob>();
    batch.forEach(watched -> byKey.put(WatchedJobs.key(watched.seen().job()), watched));
    var keys =
        batch.stream()
            .map(watched -> watched.seen().job())
            .map(job -> Job.key(job.tenantId(), job.jobId()))
            .toList();
    var request = KeysAndAttributes.builder().keys(keys).consistentRead(true).build();
    dynamoDb
        .batchGetItem(b -> b.requestItems(Map.of(table, request)))
        .responses()
        .getOrDefault(table, List.of())
        .forEach(
            item -> {
              var job = items.read(item, Job.class);
              Optional.ofNullable(byKey.get(WatchedJobs.key(job))).ifPresent(one -> one.saw(job));
            });
    return batch.stream().filter(WatchedJob::isOutputWatched).toList();
  }

  /** Reads the current size of a job's output. */
  public void measure(@Body WatchedJob watched) {
    try {
      var found =
          s3.headObject(
              h -> h.bucket(names.bucket("output")).key(JobOutput.key(watched.seen().job())));
      watched.sawOutput(found.contentLength(), found.metadata().get(JobOutput.RUN));
    } catch (NoSuchKeyException e) {
      watched.sawOutput(0, null);
    }
  }

  /** Tells the job's worker that a client follows the output. */
  public void announce(@Body WatchedJob watched) {
    if (watched.takeAnnouncement(Instant.now())) {
      var job = watched.seen().job();
      var change = new Change();
      changeFeed.add(change, new Announcement(ChangeFeed.Kind.watch, job.tenantId(), job.jobId()));
      transactions.write(change);
    }
  }
}
