package io.outpost.telemetry;

import ch.qos.logback.classic.pattern.ClassicConverter;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.util.stream.Collectors;

/** The pattern's word {@code %flow}: the route, tenant and job of a line of text. Stateless. */
public final class FlowConverter extends ClassicConverter {

  @Override
  public String convert(ILoggingEvent event) {
    return Flow.fields(event).entrySet().stream()
        .map(field -> field.getKey() + "=" + field.getValue())
        .collect(Collectors.joining(" "));
  }
}
