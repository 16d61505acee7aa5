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
 * Whose turn it is: a message is the permit to run one job of its priority, not that one job. The
 * tenants with jobs that wait take turns, each with its oldest, so that whoever has one job starts
 * after one of each other tenant at most. One query a choice, two while many jobs wait; what is
 * chosen at the same time elsewhere is found out by the claim. Thread-safe.
 *
 * <p>No permit is lost while a job has none: it is used for another's job only when its own is seen
 * to wait for a later permit, or is not to be run; and it is dropped only when nothing waits.
 */
@Profile({"worker", "local"})
@Component("laneTurns")
public class LaneTurns {

  /** Pages that are read at most for a permit: with more, the job of its own is tried. */
  private static final int MOST_PAGES = 4;

  static final int PAGE = 25;

  /** Jobs that one permit has wait for something before the slot looks at the other lanes. */
  static final int MOST_HELD = 8;

  /** The index may show a job for as long although it was taken. */
  private static final Duration INDEX_IS_LATE = Duration.ofSeconds(2);

  /** Before every turn. */
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

  /** For a test of the order alone. */
  LaneTurns(Waiting waiting) {
    this.waiting = waiting;
  }

  /** The jobs that wait. */
  interface Waiting {

    /** Those of a priority, by turn, after a turn; a page of them, which may be late. */
    List<StoredJob> page(String priority, String afterTurn, int most);

    /** The job of a message as it is now. */
    Optional<StoredJob> find(JobMessage message);

    /** Whether this worker takes the job at all. */
    default boolean mayRunHere(StoredJob stored) {
      return true;
    }
  }

  /** What a permit was tried for: jobs, and how many of them had to wait. */
  private static final class Tried {
    private final Set<String> jobs = new HashSet<>();
    private int held;
  }

  /**
   * Chooses the job that a permit is used for: {@code message} and, when it was seen waiting,
   * {@code candidate}. Called again when that job could not run; no {@code message}: there is none
   * left. A message that was put off is for its own job alone.
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

  /** The chosen job waits now: when it has its turn again, any slot may choose it. */
  public void held(@ExchangeProperty("message") JobMessage message, Exchange exchange) {
    chosen.invalidate(message.jobId());
    exchange.getProperty("tried", Tried.class).held++;
  }

  /** The chosen job was to wait for what is free by now: it may be chosen again at once. */
  public void free(@ExchangeProperty("message") JobMessage message, Exchange exchange) {
    chosen.invalidate(message.jobId());
    exchange.getProperty("tried", Tried.class).jobs.remove(message.jobId());
  }

  Optional<StoredJob> next(JobMessage permit, Set<String> tried) {
    var priority = permit.priority();
    var first = waiting.page(priority, START, PAGE);
    var isNew = !tried.contains(permit.jobId());
    if (isNew && first.stream().anyMatch(one -> is(one, permit) && !waiting.mayRunHere(one))) {
      return Optional.empty(); // It is for other workers: used here, their job would be without.
    }
    if (first.size() < PAGE && isNew && first.stream().noneMatch(one -> is(one, permit))) {
      // Its job has ended, waits for something or is in the index only soon, maybe after the
      // permits of those that are in it: were this one used for them, it would be left without.
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
    // What another slot has just chosen comes last: it may have been handed back since.
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

  /** The first tenant's after the one that was served last, else the first's of all. */
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
