package io.outpost.telemetry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.BatchLogRecordProcessor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.stereotype.Component;

/**
 * Sends log lines to the collector, if one is set. As the last filter of the console's appender it
 * sends exactly the lines that are written. Thread-safe.
 */
@Component
class LogExport extends Filter<ILoggingEvent> implements DisposableBean {

  /**
   * The prefix of the exporter's own loggers. Their lines are not exported, because they would
   * cause further ones.
   */
  private static final String OF_THE_SENDER = "io.opentelemetry";

  private final @Nullable SdkLoggerProvider lines;
  private volatile boolean closed;

  LogExport(Collector collector) {
    this.lines = collector.of("logs").map(to -> provider(to, collector)).orElse(null);
  }

  private static SdkLoggerProvider provider(String to, Collector collector) {
    var exporter =
        OtlpHttpLogRecordExporter.builder()
            .setEndpoint(to)
            .setHeaders(collector::headers)
            .setRetryPolicy(collector.retries())
            .build();
    var guarded = new GuardedLines(exporter, collector.port());
    return SdkLoggerProvider.builder()
        .setResource(collector.self())
        .addLogRecordProcessor(BatchLogRecordProcessor.builder(guarded).build())
        .build();
  }

  @Override
  public FilterReply decide(ILoggingEvent event) {
    if (lines != null && !closed && !event.getLoggerName().startsWith(OF_THE_SENDER)) {
      send(lines, event);
    }
    return FilterReply.NEUTRAL;
  }

  private static void send(SdkLoggerProvider lines, ILoggingEvent event) {
    var line =
        lines
            .get(event.getLoggerName())
            .logRecordBuilder()
            .setTimestamp(event.getInstant())
            .setSeverity(severity(event.getLevel()))
            .setSeverityText(event.getLevel().toString())
            .setContext(Context.root().with(Flow.span()))
            .setBody(event.getFormattedMessage());
    Flow.fields(event)
        .forEach((name, value) -> line.setAttribute(AttributeKey.stringKey(name), value));
    if (event.getKeyValuePairs() != null) {
      event
          .getKeyValuePairs()
          .forEach(
              pair ->
                  line.setAttribute(AttributeKey.stringKey(pair.key), String.valueOf(pair.value)));
    }
    if (event.getThrowableProxy() != null) {
      line.setAttribute(
              AttributeKey.stringKey("exception.type"), event.getThrowableProxy().getClassName())
          .setAttribute(
              AttributeKey.stringKey("exception.stacktrace"),
              ThrowableProxyUtil.asString(event.getThrowableProxy()));
    }
    line.emit();
  }

  private static Severity severity(Level level) {
    return switch (level.levelInt) {
      case Level.ERROR_INT -> Severity.ERROR;
      case Level.WARN_INT -> Severity.WARN;
      case Level.INFO_INT -> Severity.INFO;
      case Level.DEBUG_INT -> Severity.DEBUG;
      default -> Severity.TRACE;
    };
  }

  @Override
  public void destroy() {
    closed = true;
    if (lines != null) {
      var unused = lines.shutdown().join(5, TimeUnit.SECONDS);
    }
  }
}
