package io.outpost.telemetry;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.stream.Collectors;

/**
 * Implements {@code %flow} in the log pattern: the route, tenant and job of a log line in text
 * format. Stateless.
 */
public final class FlowConverter extends ClassicConverter {

  @Override
  public String convert(ILoggingEvent event) {
    return Flow.fields(event).entrySet().stream()
        .map(field -> field.getKey() + "=" + field.getValue())
        .collect(Collectors.joining(" "));
  }
}
