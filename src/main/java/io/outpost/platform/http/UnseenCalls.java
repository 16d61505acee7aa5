package io.outpost.platform.http;

import jakarta.servlet.ServletException;
import java.io.IOException;
import org.apache.catalina.AccessLog;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;

/**
 * Records calls that the web server refused before any filter saw them, such as one whose request
 * line is not HTTP: the access log is the only place that hears of those. Thread-safe.
 */
final class UnseenCalls extends ValveBase implements AccessLog {

  private final CallRecorder recorder;

  UnseenCalls(CallRecorder recorder) {
    super(true);
    this.recorder = recorder;
  }

  @Override
  public void invoke(Request request, Response response) throws IOException, ServletException {
    getNext().invoke(request, response);
  }

  @Override
  public void log(Request request, Response response, long nanoseconds) {
    if (request.getAttribute(Call.NAME) == null && response.getStatus() >= 400) {
      recorder.record(request, response);
    }
  }

  @Override
  public void setRequestAttributesEnabled(boolean enabled) {
    throw new UnsupportedOperationException("Addresses behind a trusted proxy are always used");
  }

  @Override
  public boolean getRequestAttributesEnabled() {
    return true;
  }
}
