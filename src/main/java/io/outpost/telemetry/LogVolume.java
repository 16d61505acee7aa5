package io.outpost.telemetry;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;

/**
 * Limits how many warnings and errors are logged in a minute, and logs how many were left out.
 * Thread-safe.
 */
@Component
class LogVolume implements DisposableBean {

  private static final Logger LOG = LoggerFactory.getLogger(LogVolume.class);

  private final RepeatedLines lines = new RepeatedLines();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("log-volume").factory());
  private final MeterRegistry meters;
  private final LogExport export;

  LogVolume(MeterRegistry meters, LogExport export) {
    this.meters = meters;
    this.export = export;
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      lines.setContext(context);
      eachAppender(
          context,
          appender -> {
            appender.addFilter(lines);
            appender.addFilter(export);
          });
    }
    var unused = clock.scheduleAtFixedRate(this::tell, 1, 1, TimeUnit.MINUTES);
  }

  private static void eachAppender(LoggerContext context, Consumer<Appender<ILoggingEvent>> then) {
    context.getLogger(Logger.ROOT_LOGGER_NAME).iteratorForAppenders().forEachRemaining(then);
  }

  /**
   * Removes our filters when the application ends. Another application in the same process, as in
   * tests, uses the same log.
   */
  private void unbound(Appender<ILoggingEvent> appender) {
    var filters = appender.getCopyOfAttachedFiltersList();
    appender.clearAllFilters();
    filters.stream()
        .filter(filter -> filter != lines && filter != export)
        .forEach(appender::addFilter);
  }

  private void tell() {
    var window = lines.next();
    Metric.LINES_COLLAPSED.counter(meters).increment(window.dropped());
    window.lines().forEach(LOG::warn);
  }

  @Override
  public void destroy() {
    clock.shutdownNow();
    lines.close();
    tell();
    if (LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
      eachAppender(context, this::unbound);
    }
  }
}
