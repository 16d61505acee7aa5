package io.outpost.http;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Problem;
import jakarta.servlet.RequestDispatcher;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import org.apache.catalina.Context;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.Response;
import org.apache.catalina.valves.ErrorReportValve;
import org.apache.coyote.http11.Http11InputBuffer;
import org.apache.tomcat.util.http.MimeHeaders;
import org.apache.tomcat.util.res.StringManager;

/**
 * Answers requests that Tomcat refuses before any filter sees them, such as one with an encoded
 * slash in the path.
 */
public class RefusedByServer extends ErrorReportValve {

  private static final String DETAIL =
      "The request line or a header is not valid HTTP, or the path holds a character that it may"
          + " not.";

  /** Tomcat's default maximum. */
  private static final int MOST_HEADERS = 100;

  private static final String TOO_SLOW =
      "The body stopped arriving for too long; send the request again.";

  /** Tomcat's message for this refusal, by which it is recognized. */
  private static final String HEADER_TOO_LARGE =
      StringManager.getManager(Http11InputBuffer.class)
          .getString("iib.requestheadertoolarge.error");

  private static final String TOO_MANY_HEADERS =
      StringManager.getManager(MimeHeaders.class).getString("headers.maxCountFail", MOST_HEADERS);

  private final ObjectMapper mapper = new ObjectMapper();

  @Override
  protected void report(Request request, Response response, Throwable cause) {
    var status = response.getStatus();
    if (status < 400 || response.getContentWritten() > 0 || !response.setErrorReported()) {
      return;
    }
    var code = code(request, status);
    if (code == Problem.Code.METHOD_NOT_ALLOWED) {
      response.setHeader("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    }
    var requestId =
        response.getHeader("X-Request-Id") == null
            ? Call.requestId(request, Ids.ulid())
            : response.getHeader("X-Request-Id");
    var body = new LinkedHashMap<String, Object>();
    body.put("type", ProblemWriter.TYPES + code.slug());
    body.put("title", code.title());
    body.put("status", code.status());
    var detail = detail(code, request);
    body.put("detail", detail);
    if (request.getRequestURI() != null) {
      body.put("instance", ProblemWriter.printable(request.getRequestURI()));
    }
    body.put("request_id", requestId);
    if (code == Problem.Code.INVALID_REQUEST) {
      body.put("errors", List.of(new Problem.FieldError("request", detail)));
    }
    try {
      response.setStatus(code.status());
      response.setHeader("X-Request-Id", requestId);
      headers().set(request, response);
      response.setContentType(ProblemWriter.MEDIA_TYPE);
      response.getOutputStream().write(mapper.writeValueAsBytes(body));
      response.finishResponse();
    } catch (IOException e) {
      // The client has disconnected.
    }
  }

  private static String detail(Problem.Code code, Request request) {
    return switch (code) {
      case METHOD_NOT_ALLOWED -> "No path has this method; see the header Allow.";
      case HEADER_TOO_LARGE ->
          "There may be %d headers, which with the request line may have %s bytes."
              .formatted(
                  MOST_HEADERS, request.getConnector().getProperty("maxHttpRequestHeaderSize"));
      case NOT_IMPLEMENTED -> "Only chunked is supported in the header Transfer-Encoding.";
      case HTTP_VERSION_NOT_SUPPORTED -> "Send the request with HTTP/1.1.";
      case REQUEST_TIMEOUT -> TOO_SLOW;
      case EXPECTATION_FAILED -> "Only 100-continue is supported in the header Expect.";
      default -> DETAIL;
    };
  }

  private ResponseHeaders headers() {
    return Arrays.stream(getContainer().findChildren())
        .map(context -> ((Context) context).getServletContext().getAttribute(ResponseHeaders.NAME))
        .map(ResponseHeaders.class::cast)
        .findFirst()
        .orElseThrow();
  }

  /**
   * The code of a refusal. Tomcat has one status for headers that are too large, CONNECT and
   * invalid HTTP.
   */
  private static Problem.Code code(Request request, int status) {
    if ((status == 400 || status == 501) && "CONNECT".equals(request.getMethod())) {
      return Problem.Code.METHOD_NOT_ALLOWED;
    }
    var cause = request.getAttribute(RequestDispatcher.ERROR_EXCEPTION);
    var isTooLarge =
        cause instanceof RuntimeException e
            && (HEADER_TOO_LARGE.equals(e.getMessage()) || TOO_MANY_HEADERS.equals(e.getMessage()));
    return status == 400 && isTooLarge ? Problem.Code.HEADER_TOO_LARGE : Problem.Code.of(status);
  }
}
