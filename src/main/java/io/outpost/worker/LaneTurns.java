package io.outpost.worker;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.outpost.job.JobItems;
import io.outpost.job.JobMessage;
import io.outpost.job.StoredJob;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Whose turn it is: a message is the permit to run one job of its priority, not that one job. The
 * tenants with jobs that wait take turns, each with its oldest, so that whoever has one job starts
 * after one of each other tenant at most. One query a choice, two while many jobs wait; what is
 * chosen at the same time elsewhere is found out by the claim. Thread-safe.
 */
@Profile({"worker", "local"})
@Component("laneTurns")
public class LaneTurns {

  static final int PAGE = 25;

  /** Jobs that one permit looks at: those before the last could not run. */
  static final int MOST_TRIES = 8;

  /** The index may show a job for as long although it was taken. */
  private static final Duration INDEX_IS_LATE = Duration.ofSeconds(2);

  private final Waiting waiting;
  private final Map<String, String> served = new ConcurrentHashMap<>();
  private final Cache<String, Boolean> chosen =
      Caffeine.newBuilder().expireAfterWrite(INDEX_IS_LATE).build();

  @org.springframework.beans.factory.annotation.Autowired
  LaneTurns(JobItems jobs) {
    this(jobs::waiting);
  }

  /** For a test of the order alone. */
  LaneTurns(Waiting waiting) {
    this.waiting = waiting;
  }

  /** The jobs of a priority that wait, by tenant and age, after a tenant; a page of them. */
  interface Waiting {
    List<StoredJob> page(String priority, String afterTenant, int most);
  }

  /**
   * Chooses the job that a permit is used for: {@code message} and, when it was seen waiting,
   * {@code candidate}. Called again when that job could not run; no {@code message}: there is none
   * left. A message that was put off is for its own job alone.
   */
  public void choose(@ExchangeProperty("permit") JobMessage permit, Exchange exchange) {
    var tries = exchange.getProperty("tries", 0, Integer.class);
    exchange.removeProperty("candidate");
    exchange.removeProperty("message");
    if (permit.holds() == 0 && tries < MOST_TRIES) {
      var next = next(permit.priority());
      if (next.isPresent()) {
        var job = next.get().job();
        exchange.setProperty("tries", tries + 1);
        exchange.setProperty("candidate", next.get());
        exchange.setProperty("message", message(next.get()));
        if (job.jobId().equals(permit.jobId())) {
          exchange.setProperty("ownTried", true);
        }
        return;
      }
    }
    exchange.setProperty("tries", MOST_TRIES);
    if (exchange.getProperty("ownTried") == null) {
      exchange.setProperty("ownTried", true);
      exchange.setProperty("message", permit);
    }
  }

  Optional<StoredJob> next(String priority) {
    var first = waiting.page(priority, null, PAGE);
    if (first.size() == PAGE && served.containsKey(priority)) {
      var later = waiting.page(priority, served.get(priority), PAGE);
      return take(priority, later).or(() -> take(priority, first));
    }
    return take(priority, first);
  }

  /** The first tenant's after the one that was served last, else the first's of all. */
  private synchronized Optional<StoredJob> take(String priority, List<StoredJob> page) {
    var last = served.getOrDefault(priority, "");
    var fresh =
        page.stream().filter(one -> chosen.getIfPresent(one.job().jobId()) == null).toList();
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

  private static JobMessage message(StoredJob stored) {
    var job = stored.job();
    return new JobMessage(
        job.tenantId(), job.jobId(), job.priority(), stored.details().traceParent(), 0);
  }
}
