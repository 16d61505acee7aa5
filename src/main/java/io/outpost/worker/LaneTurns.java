package io.outpost.worker;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.outpost.job.JobItems;
import io.outpost.job.JobMessage;
import io.outpost.job.StoredJob;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Chooses the next job by turns of tenants. A message is a permit to run any one job of its
 * priority. Tenants with waiting jobs take turns, each with its oldest job, so a tenant's only job
 * waits for at most one job of each other tenant. A choice needs one query, or two while many jobs
 * wait; when two workers choose the same job, the claim decides.
 *
 * <p>Every waiting job keeps a permit. A permit runs another job only when its own job is known to
 * wait for a later permit, or need not run; it is dropped only when no job waits.
 */
@Profile({"worker", "local"})
@Component("laneTurns")
public class LaneTurns {

  /** The maximum number of pages read for a permit; after that the permit's own job is tried. */
  private static final int MOST_PAGES = 4;

  static final int PAGE = 25;

  /**
   * The maximum number of jobs that one permit parks; after that the slot checks the other lanes.
   */
  static final int MOST_HELD = 8;

  /** How long the index may still show a job as waiting after its claim. */
  private static final Duration INDEX_IS_LATE = Duration.ofSeconds(2);

  /** A turn that sorts before all others. */
  private static final String START = "!";

  private final Waiting waiting;
  private final Map<String, String> served = new ConcurrentHashMap<>();
  private final Cache<String, Boolean> chosen =
      Caffeine.newBuilder().expireAfterWrite(INDEX_IS_LATE).build();

  @Autowired
  LaneTurns(JobItems jobs, Tenancy tenancy) {
    this(
        new Waiting() {
          @Override
          public List<StoredJob> page(String priority, String afterTurn, int most) {
            return jobs.waiting(priority, afterTurn, tenancy.tenant().orElse(null), most);
          }

          @Override
          public Optional<StoredJob> find(JobMessage message) {
            var item = jobs.find(message.tenantId(), message.jobId());
            return item.isEmpty() ? Optional.empty() : Optional.of(jobs.read(item));
          }

          @Override
          public boolean mayRunHere(StoredJob stored) {
            return tenancy.isFor(stored)
                && tenancy.tenant().map(stored.job().tenantId()::equals).orElse(true);
          }
        });
  }

  /** For tests of the order. */
  LaneTurns(Waiting waiting) {
    this.waiting = waiting;
  }

  /** The waiting jobs. */
  interface Waiting {

    /** The waiting jobs of a priority, by turn, after a turn; a page, which may be out of date. */
    List<StoredJob> page(String priority, String afterTurn, int most);

    /** The current job of a message. */
    Optional<StoredJob> find(JobMessage message);

    /** Whether this worker may take the job. */
    default boolean mayRunHere(StoredJob stored) {
      return true;
    }
  }

  /** The jobs that a permit was tried for, and how many of them must wait. */
  private static final class Tried {
    private final Set<String> jobs = new HashSet<>();
    private int held;
  }

  /**
   * Chooses the job to run with a permit: sets {@code message} and, when the index shows the job as
   * waiting, {@code candidate}. The route calls this again when the chosen job could not run;
   * {@code message} is not set when no job is left. A delayed message permits only its own job.
   */
  public void choose(@ExchangeProperty("permit") JobMessage permit, Exchange exchange) {
    var tried = exchange.getProperty("tried", Tried.class);
    if (tried == null) {
      tried = new Tried();
      exchange.setProperty("tried", tried);
    }
    exchange.removeProperty("candidate");
    exchange.removeProperty("message");
    if (permit.holds() == 0 && tried.held < MOST_HELD) {
      var next = next(permit, tried.jobs);
      if (next.isPresent()) {
        tried.jobs.add(next.get().job().jobId());
        exchange.setProperty("candidate", next.get());
        exchange.setProperty("message", message(next.get()));
        return;
      }
    }
    if (tried.jobs.add(permit.jobId())) {
      exchange.setProperty("message", permit);
    }
  }

  /** Records that the chosen job waits. On its next turn any slot may choose it. */
  public void held(@ExchangeProperty("message") JobMessage message, Exchange exchange) {
    chosen.invalidate(message.jobId());
    exchange.getProperty("tried", Tried.class).held++;
  }

  /** Lets the chosen job be chosen again at once, because its slot or workspace is free. */
  public void free(@ExchangeProperty("message") JobMessage message, Exchange exchange) {
    chosen.invalidate(message.jobId());
    exchange.getProperty("tried", Tried.class).jobs.remove(message.jobId());
  }

  Optional<StoredJob> next(JobMessage permit, Set<String> tried) {
    var priority = permit.priority();
    var first = waiting.page(priority, START, PAGE);
    var isNew = !tried.contains(permit.jobId());
    if (isNew && first.stream().anyMatch(one -> is(one, permit) && !waiting.mayRunHere(one))) {
      // The permit's job is for other workers. If the permit ran another job here, the permit's job
      // would have none.
      return Optional.empty();
    }
    if (first.size() < PAGE && isNew && first.stream().noneMatch(one -> is(one, permit))) {
      // The permit's own job has ended, waits, or is not in the index yet. In the last case it
      // would be left without a permit if this one ran another job.
      var own = waiting.find(permit).filter(stored -> stored.isTurnOf(Instant.now()));
      if (own.isEmpty()) {
        tried.add(permit.jobId());
      } else if (waiting.mayRunHere(own.get())) {
        chosen.put(permit.jobId(), true);
        return own;
      } else {
        return Optional.empty();
      }
    }
    if (first.size() == PAGE && served.containsKey(priority)) {
      var after = served.get(priority) + "#~";
      var later = fresh(priority, waiting.page(priority, after, PAGE), tried);
      if (later.isPresent()) {
        return later;
      }
    }
    // The jobs that another slot has just chosen come last: that slot may have released them since.
    return fresh(priority, first, tried)
        .or(
            () ->
                first.stream()
                    .filter(waiting::mayRunHere)
                    .filter(one -> !tried.contains(one.job().jobId()))
                    .findFirst());
  }

  private Optional<StoredJob> fresh(String priority, List<StoredJob> first, Set<String> tried) {
    var page = first;
    var next = take(priority, page, tried);
    for (int pages = 1; next.isEmpty() && page.size() == PAGE && pages < MOST_PAGES; pages++) {
      page = waiting.page(priority, page.getLast().turn(), PAGE);
      next = take(priority, page, tried);
    }
    return next;
  }

  /**
   * The first job whose tenant comes after the tenant served last; without one, the first job of
   * all.
   */
  private synchronized Optional<StoredJob> take(
      String priority, List<StoredJob> page, Set<String> tried) {
    var last = served.getOrDefault(priority, "");
    var fresh =
        page.stream()
            .filter(waiting::mayRunHere)
            .filter(one -> chosen.getIfPresent(one.job().jobId()) == null)
            .filter(one -> !tried.contains(one.job().jobId()))
            .toList();
    var next =
        fresh.stream()
            .filter(one -> one.job().tenantId().compareTo(last) > 0)
            .findFirst()
            .or(() -> fresh.stream().findFirst());
    next.ifPresent(
        one -> {
          chosen.put(one.job().jobId(), true);
          served.put(priority, one.job().tenantId());
        });
    return next;
  }

  private static boolean is(StoredJob one, JobMessage permit) {
    return one.job().jobId().equals(permit.jobId());
  }

  private static JobMessage message(StoredJob stored) {
    var job = stored.job();
    return new JobMessage(
        job.tenantId(), job.jobId(), job.priority(), stored.details().traceParent(), 0);
  }
}
