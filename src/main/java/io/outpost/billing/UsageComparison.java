package io.outpost.billing;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/**
 * Compares Stripe's count of one customer's jobs with the ledger. Stripe returns only sums, so a
 * time range whose sums differ is halved until one minute is left; the jobs of that minute are
 * reported. For one thread.
 */
public final class UsageComparison {
  private static final String KEY = "usage#";
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);
  // Stripe returns at most a hundred hours at once.
  private static final Duration LISTED = Duration.ofHours(96);

  /** A time range, in whole minutes. */
  public record Window(Instant start, Instant end) {
    boolean holds(LedgerEntry entry) {
      return holds(entry.countedAt());
    }

    boolean holds(Instant time) {
      return !time.isBefore(start) && time.isBefore(end);
    }

    /** Whether Stripe is asked for the sums of each hour. */
    public boolean isLong() {
      return Duration.between(start, end).compareTo(HOUR) > 0;
    }

    boolean isMinute() {
      return Duration.between(start, end).compareTo(MINUTE) <= 0;
    }
  }

  /**
   * A difference.
   *
   * @param minute when the jobs were accepted
   * @param stripe how many jobs Stripe has counted
   * @param ledger how many it should have counted
   * @param jobs the jobs of that minute; the difference is among them
   */
  public record Difference(Instant minute, long stripe, long ledger, List<String> jobs)
      implements ToldDifferences.Difference {
    @Override
    public String key() {
      return KEY + minute + "#" + (jobs.isEmpty() ? "none" : jobs.getFirst());
    }

    @Override
    public String state() {
      return "%d of %d, %s".formatted(stripe, ledger, String.join(" ", jobs));
    }
  }

  /**
   * The jobs of a minute of which Stripe has not counted all.
   *
   * @param none whether it has counted none of them
   */
  record Missing(boolean none, List<LedgerEntry> entries) {}

  private final Window whole;
  private final List<LedgerEntry> entries;
  private final Deque<Window> windows = new ArrayDeque<>();
  private final List<Difference> differences = new ArrayList<>();
  private final List<Missing> missingMinutes = new ArrayList<>();
  private final List<LedgerEntry> there = new ArrayList<>();
  private final List<LedgerEntry> notThere = new ArrayList<>();

  /** A comparison of the range {@code whole}; entries outside of it are ignored. */
  UsageComparison(List<LedgerEntry> entries, Window whole) {
    this.whole = whole;
    this.entries = entries.stream().filter(whole::holds).toList();
    for (Instant at = whole.start(); at.isBefore(whole.end()); at = at.plus(LISTED)) {
      Instant end = at.plus(LISTED);
      windows.add(new Window(at, end.isBefore(whole.end()) ? end : whole.end()));
    }
    this.entries.stream()
        .filter(entry -> entry.parkedFor() != null && entry.voidedAt() == null)
        .forEach(
            entry ->
                differences.add(new Difference(minuteOf(entry), 0, 1, List.of(entry.jobId()))));
  }

  /** Whether another sum is needed. */
  public boolean isUnfinished() {
    return !windows.isEmpty();
  }

  /** The next sum to request. */
  public Window next() {
    return windows.getFirst();
  }

  /**
   * Compares Stripe's sums of the range {@link #next}, by their starts: one for each hour, or one
   * for the whole range.
   */
  void judge(Map<Instant, Long> sums) {
    Window window = windows.removeFirst();
    if (!window.isLong()) {
      judge(window, sums.values().stream().mapToLong(Long::longValue).sum());
      return;
    }
    // Each hour is compared separately, so that a missing job in one and a surplus in another do
    // not cancel out.
    for (Instant at = window.end().minus(HOUR); !at.isBefore(window.start()); at = at.minus(HOUR)) {
      Window hour = new Window(at, at.plus(HOUR));
      if (!agrees(hour, sums.getOrDefault(at, 0L))) {
        windows.addFirst(hour);
      }
    }
  }

  private boolean agrees(Window window, long stripe) {
    List<LedgerEntry> here = entries.stream().filter(window::holds).toList();
    return here.stream().noneMatch(LedgerEntry::isInDoubt)
        && stripe == here.stream().filter(LedgerEntry::isCounted).count();
  }

  private void judge(Window window, long stripe) {
    List<LedgerEntry> here = entries.stream().filter(window::holds).toList();
    long doubtful = here.stream().filter(LedgerEntry::isInDoubt).count();
    long counted = here.stream().filter(entry -> entry.isCounted() && !entry.isInDoubt()).count();
    if (doubtful == 0 && stripe == counted) {
      return;
    }
    if (window.isMinute() || here.size() == 1) {
      name(window, here, stripe, counted);
    } else {
      halve(window);
    }
  }

  private void halve(Window window) {
    long minutes = Duration.between(window.start(), window.end()).toMinutes();
    Instant middle = window.start().plus(MINUTE.multipliedBy(minutes / 2));
    windows.addFirst(new Window(middle, window.end()));
    windows.addFirst(new Window(window.start(), middle));
  }

  /**
   * Decides about the entries of a minute that are in doubt, if the sums allow only one answer;
   * otherwise reports the difference.
   */
  private void name(Window window, List<LedgerEntry> here, long stripe, long counted) {
    List<LedgerEntry> doubtful = here.stream().filter(LedgerEntry::isInDoubt).toList();
    if (stripe == counted) {
      notThere.addAll(doubtful);
    } else if (stripe == counted + doubtful.size()) {
      there.addAll(doubtful);
    } else {
      if (stripe < counted) {
        missingMinutes.add(new Missing(stripe == 0 && doubtful.isEmpty(), here));
      }
      List<String> jobs = here.stream().map(LedgerEntry::jobId).toList();
      Instant minute = here.size() == 1 ? minuteOf(here.getFirst()) : window.start();
      differences.add(new Difference(minute, stripe, counted + doubtful.size(), jobs));
    }
  }

  private static Instant minuteOf(LedgerEntry entry) {
    return entry.countedAt().truncatedTo(ChronoUnit.MINUTES);
  }

  /** The minutes in which Stripe has counted fewer jobs than it accepted. */
  List<Missing> missingMinutes() {
    return missingMinutes;
  }

  /** The entries that were in doubt and that Stripe counts. */
  List<LedgerEntry> there() {
    return there;
  }

  /** The entries that were in doubt and that Stripe does not count. */
  List<LedgerEntry> notThere() {
    return notThere;
  }

  /** Whether this comparison covers the time of the difference with this key. */
  boolean holds(String key) {
    return key.startsWith(KEY) && whole.holds(Instant.parse(key.split("#")[1]));
  }

  /** The differences that the comparison cannot correct. */
  public List<Difference> differences() {
    return differences;
  }
}
