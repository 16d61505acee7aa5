package io.outpost.telemetry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;

/**
 * Lets only a few similar warnings and errors through in each time window, and counts the others,
 * so that a broken dependency does not bury other lines. Lines are similar when they have the same
 * logger and exception, and differ only in numbers and ids. A line marked as an {@link
 * LogMarkers#ANSWER answer} is not held back for being similar. Thread-safe.
 */
final class RepeatedLines extends Filter<ILoggingEvent> {

  static final int ALIKE = 3;
  static final int OF_ONE_LOGGER = 30;
  static final int MOST = 300;
  static final int MOST_SUMMARIES = 20;

  private static final int MOST_KINDS = 1000;
  private static final int LONGEST = 160;
  private static final Pattern VARIABLE =
      Pattern.compile("[0-9A-HJKMNP-TV-Z]{26}|[0-9a-fA-F-]{8,}|\\d+");

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Integer> seen = new HashMap<>();
  private final Map<String, Integer> dropped = new HashMap<>();
  private int passed;
  private volatile boolean closed;

  @Override
  public FilterReply decide(ILoggingEvent event) {
    if (closed
        || !event.getLevel().isGreaterOrEqual(Level.WARN)
        || event.getLoggerName().equals(LogVolume.class.getName())) {
      return FilterReply.NEUTRAL;
    }
    lock.lock();
    try {
      var kind = kind(event);
      if (seen.size() >= MOST_KINDS && !seen.containsKey(kind)) {
        kind = event.getLoggerName();
      }
      var alike = seen.merge(kind, 1, Integer::sum);
      var ofLogger = seen.merge("logger " + event.getLoggerName(), 1, Integer::sum);
      var isFew = alike <= ALIKE && ofLogger <= OF_ONE_LOGGER;
      if ((isFew || isAnswer(event)) && passed < MOST) {
        passed++;
        return FilterReply.NEUTRAL;
      }
      dropped.merge(kind, 1, Integer::sum);
      return FilterReply.DENY;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Begins the next window; returns a summary of the last one, with one line for each frequent
   * kind.
   */
  Window next() {
    lock.lock();
    try {
      var all = dropped.values().stream().mapToInt(Integer::intValue).sum();
      var most =
          dropped.entrySet().stream()
              .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()))
              .limit(MOST_SUMMARIES)
              .map(kind -> "%d more like: %s".formatted(kind.getValue(), kind.getKey()))
              .toList();
      seen.clear();
      dropped.clear();
      passed = 0;
      return new Window(all, most);
    } finally {
      lock.unlock();
    }
  }

  /**
   * The lines that a window held back.
   *
   * @param dropped how many
   * @param lines a summary to log in their place
   */
  record Window(int dropped, List<String> lines) {}

  /** Lets everything pass from now on. */
  void close() {
    closed = true;
  }

  private static boolean isAnswer(ILoggingEvent event) {
    return event.getMarkerList() != null && event.getMarkerList().contains(LogMarkers.ANSWER);
  }

  private static String kind(ILoggingEvent event) {
    var message = String.valueOf(event.getFormattedMessage());
    var start = message.length() <= LONGEST ? message : message.substring(0, LONGEST);
    var thrown = event.getThrowableProxy();
    return "%s%s: %s"
        .formatted(
            event.getLoggerName(),
            thrown == null ? "" : " " + thrown.getClassName(),
            VARIABLE.matcher(start).replaceAll("#"));
  }
}
