package io.outpost.telemetry;

import ch.qos.logback.classic.spi.ILoggingEvent;
import org.springframework.boot.json.JsonWriter.Members;
import org.springframework.boot.logging.structured.StructuredLoggingJsonMembersCustomizer;

/** Adds the route, tenant and job to a log line in JSON format. Stateless. */
public final class FlowMembers implements StructuredLoggingJsonMembersCustomizer<ILoggingEvent> {

  @Override
  public void customize(Members<ILoggingEvent> members) {
    members.add().<String, String>usingPairs((event, pairs) -> Flow.fields(event).forEach(pairs));
  }
}
