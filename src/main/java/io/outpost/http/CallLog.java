package io.outpost.http;

import jakarta.servlet.ServletException;
import java.io.IOException;
import org.apache.catalina.AccessLog;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ValveBase;

/**
 * The web server's access log: it alone hears of every call, once, when it is answered, however
 * that came about; also of what the server itself refused, such as a request line that is not HTTP.
 * Thread-safe.
 */
final class CallLog extends ValveBase implements AccessLog {

  private final CallRecorder recorder;

  CallLog(CallRecorder recorder) {
    super(true);
    this.recorder = recorder;
  }

  @Override
  public void invoke(Request request, Response response) throws IOException, ServletException {
    getNext().invoke(request, response);
  }

  @Override
  public void log(Request request, Response response, long nanoseconds) {
    if (request.getAttribute(HeldBodies.NAME) instanceof HeldBodies.Share share) {
      share.close();
    }
    if (request.getAttribute(Call.NAME) instanceof Call call) {
      recorder.record(call, response.getStatus());
    } else {
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
