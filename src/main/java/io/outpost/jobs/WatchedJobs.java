package io.outpost.jobs;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.outpost.job.Job;
import io.outpost.kernel.Problem;
import io.outpost.store.ChangeFeed.Announcement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Body;
import org.springframework.context.event.ContextClosedEvent;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;

/**
 * The jobs that requests of this container wait for. All of them are looked at together, a hundred
 * in one read, however many requests wait; a request that waits holds no thread of the platform.
 * Thread-safe.
 */
@Component("watchedJobs")
public class WatchedJobs {

  private static final int MOST_IN_A_READ = 100;

  /** A change is heard several times for half a minute. */
  private static final Duration HEARD_FOR = Duration.ofMinutes(1);

  private final JobSettings settings;
  private final Map<String, Entry> jobs = new ConcurrentHashMap<>();
  private final Map<String, Integer> watchers = new ConcurrentHashMap<>();
  private final Map<String, Integer> endings = new ConcurrentHashMap<>();
  private final Cache<String, Boolean> heard =
      Caffeine.newBuilder().expireAfterWrite(HEARD_FOR).maximumSize(10_000).build();
  private volatile boolean stopping;

  WatchedJobs(JobSettings settings) {
    this.settings = settings;
  }

  private record Entry(WatchedJob job, int watches) {}

  /** One request's interest in a job, until it is closed. */
  final class Watch implements AutoCloseable {

    private final Job first;
    private final boolean output;
    private final WatchedJob watched;
    private final int ending;

    private Watch(Job first, boolean output, WatchedJob watched) {
      this.first = first;
      this.output = output;
      this.watched = watched;
      this.ending = endings.getOrDefault(first.tenantId(), 0);
    }

    WatchedJob.Seen seen() {
      return watched.seen();
    }

    /** Waits until something else than this was seen, or until the deadline. */
    void await(WatchedJob.Seen last, Instant deadline) throws InterruptedException {
      if (!isOver()) {
        watched.await(last, deadline);
      }
    }

    /** Whether the request must be answered now: the caller's rights changed, or we stop. */
    boolean isOver() {
      return stopping || endings.getOrDefault(first.tenantId(), 0) != ending;
    }

    @Override
    public void close() {
      if (output) {
        watched.outputWatchers(-1);
      }
      leave(first);
    }
  }

  /**
   * Begins to watch a job.
   *
   * @param job as it was read just now
   * @param output whether its output matters, too: then its worker is told
   * @throws Problem 429 when the tenant has too many requests waiting here
   */
  Watch watch(Job job, boolean output) {
    var open = watchers.merge(job.tenantId(), 1, Integer::sum);
    if (open > settings.watchersPerTenant()) {
      watchers.computeIfPresent(job.tenantId(), (id, n) -> n == 1 ? null : n - 1);
      throw new Problem(
          Problem.Code.RATE_LIMITED,
          "At most %d requests of a tenant may wait at once."
              .formatted(settings.watchersPerTenant()),
          List.of(),
          Map.of("Retry-After", "1"));
    }
    var entry =
        jobs.compute(
            key(job),
            (id, found) ->
                found == null
                    ? new Entry(new WatchedJob(job), 1)
                    : new Entry(found.job(), found.watches() + 1));
    entry.job().saw(job);
    if (output) {
      entry.job().outputWatchers(1);
    }
    return new Watch(job, output, entry.job());
  }

  private void leave(Job job) {
    jobs.computeIfPresent(
        key(job),
        (id, found) -> found.watches() == 1 ? null : new Entry(found.job(), found.watches() - 1));
    if (watchers.computeIfPresent(job.tenantId(), (id, n) -> n == 1 ? null : n - 1) == null) {
      endings.remove(job.tenantId());
    }
  }

  /** The watched jobs that have not ended, in as many parts as it takes reads. */
  public List<List<WatchedJob>> batches() {
    var open =
        jobs.values().stream()
            .map(Entry::job)
            .filter(job -> !job.seen().job().status().isTerminal() || job.isOutputWatched())
            .toList();
    var batches = new ArrayList<List<WatchedJob>>();
    for (int i = 0; i < open.size(); i += MOST_IN_A_READ) {
      batches.add(open.subList(i, Math.min(open.size(), i + MOST_IN_A_READ)));
    }
    return batches;
  }

  /**
   * A key of the tenant, or the tenant, has changed: its requests that wait are answered, so that
   * whoever asks again shows a key that is still good.
   */
  public void answerAll(@Body Announcement announcement) {
    var tenant = announcement.tenant();
    var word = announcement.kind() + " " + tenant + " " + announcement.subject();
    if (watchers.containsKey(tenant) && heard.asMap().putIfAbsent(word, true) == null) {
      endings.merge(tenant, 1, Integer::sum);
      wake(tenant);
    }
  }

  @EventListener(ContextClosedEvent.class)
  void stop() {
    stopping = true;
    jobs.values().forEach(entry -> entry.job().wake());
  }

  private void wake(String tenant) {
    jobs.values().stream()
        .map(Entry::job)
        .filter(job -> job.seen().job().tenantId().equals(tenant))
        .forEach(WatchedJob::wake);
  }

  static String key(Job job) {
    return job.tenantId() + job.jobId();
  }
}
