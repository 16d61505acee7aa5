package io.outpost.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Problem;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;

/** Answers what Tomcat refuses before any filter sees it, such as an encoded slash in the path. */
public class RefusedByServer extends ErrorReportValve {

  private static final String DETAIL =
      "The request line or a header is not valid HTTP, or the path holds a character that it may"
          + " not.";

  private final ObjectMapper mapper = new ObjectMapper();

  @Override
  protected void report(Request request, Response response, Throwable cause) {
    var status = response.getStatus();
    if (status < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
      return;
    }
    var code = Problem.Code.of(status);
    var requestId =
        response.getHeader("X-Request-Id") == null
            ? Call.requestId(request, Ids.ulid())
            : response.getHeader("X-Request-Id");
    var body = new LinkedHashMap<String, Object>();
    body.put("type", ProblemWriter.TYPES + code.slug());
    body.put("title", code.title());
    body.put("status", code.status());
    body.put("detail", DETAIL);
    if (request.getRequestURI() != null) {
      body.put("instance", ProblemWriter.printable(request.getRequestURI()));
    }
    body.put("request_id", requestId);
    if (code == Problem.Code.INVALID_REQUEST) {
      body.put("errors", List.of(new Problem.FieldError("request", DETAIL)));
    }
    try {
      response.setStatus(code.status());
      response.setHeader("X-Request-Id", requestId);
      response.setContentType(ProblemWriter.MEDIA_TYPE);
      response.getOutputStream().write(mapper.writeValueAsBytes(body));
      response.finishResponse();
    } catch (IOException e) {
      // The client has gone.
    }
  }
}
