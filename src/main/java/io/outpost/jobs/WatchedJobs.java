package io.outpost.jobs;

import io.outpost.http.Call;
import io.outpost.http.Callers;
import io.outpost.job.Job;
import io.outpost.kernel.Problem;
import io.outpost.store.ChangeFeed.Announcement;
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
 * The jobs that this container's waiting requests follow. All of them are polled together, a
 * hundred in one read, however many requests wait. A waiting request holds no platform thread.
 * Thread-safe.
 */
@Component("watchedJobs")
public class WatchedJobs {

  private static final int MOST_IN_A_READ = 100;

  private final JobSettings settings;
  private final Callers callers;
  private final Map<String, Entry> jobs = new ConcurrentHashMap<>();
  private final Map<String, Integer> watchers = new ConcurrentHashMap<>();
  private volatile boolean stopping;

  WatchedJobs(JobSettings settings, Callers callers) {
    this.settings = settings;
    this.callers = callers;
  }

  private record Entry(WatchedJob job, int watches) {}

  /** One request that follows a job, until it is closed. */
  final class Watch implements AutoCloseable {

    private final Job first;
    private final boolean output;
    private final WatchedJob watched;
    private final Call call;

    private Watch(Job first, Call call, boolean output, WatchedJob watched) {
      this.first = first;
      this.call = call;
      this.output = output;
      this.watched = watched;
    }

    WatchedJob.Seen seen() {
      return watched.seen();
    }

    /** Waits for a change, a wake-up, or the deadline. */
    void await(WatchedJob.Seen last, Instant deadline) throws InterruptedException {
      watched.await(last, deadline);
    }

    /**
     * Whether the request must be answered now, because its caller is no longer allowed or the
     * process stops.
     */
    boolean isOver() {
      return stopping || !callers.isLetIn(call);
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
   * Begins to follow a job.
   *
   * @param job as just read
   * @param call the request
   * @param output whether the request needs the output too; then the job's worker is told that a
   *     client follows it
   * @throws Problem 429 when too many requests of the tenant wait in this container
   */
  Watch watch(Job job, Call call, boolean output) {
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
    return new Watch(job, call, output, entry.job());
  }

  private void leave(Job job) {
    jobs.computeIfPresent(
        key(job),
        (id, found) -> found.watches() == 1 ? null : new Entry(found.job(), found.watches() - 1));
    watchers.computeIfPresent(job.tenantId(), (id, n) -> n == 1 ? null : n - 1);
  }

  /** The followed jobs that may still change, in batches of one read each. */
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
   * Wakes the tenant's waiting requests, so that they check their keys again after a change of a
   * key or the tenant.
   */
  public void askAgain(@Body Announcement announcement) {
    jobs.values().stream()
        .map(Entry::job)
        .filter(job -> job.seen().job().tenantId().equals(announcement.tenant()))
        .forEach(WatchedJob::wake);
  }

  @EventListener(ContextClosedEvent.class)
  void stop() {
    stopping = true;
    jobs.values().forEach(entry -> entry.job().wake());
  }

  static String key(Job job) {
    return job.tenantId() + job.jobId();
  }
}
