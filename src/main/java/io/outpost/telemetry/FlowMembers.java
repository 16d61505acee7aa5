package io.outpost.telemetry;

import ch.qos.logback.classic.spi.ILoggingEvent;
import org.springframework.boot.json.JsonWriter.Members;
import org.springframework.boot.logging.structured.StructuredLoggingJsonMembersCustomizer;

/** The route, tenant and job of a line of JSON. Stateless. */
public final class FlowMembers implements StructuredLoggingJsonMembersCustomizer<ILoggingEvent> {

  @Override
  public void customize(Members<ILoggingEvent> members) {
    members.add().<String, String>usingPairs((event, pairs) -> Flow.fields(event).forEach(pairs));
  }
}
