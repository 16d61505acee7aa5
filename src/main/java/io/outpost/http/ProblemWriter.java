package io.outpost.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.kernel.Problem;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.springframework.stereotype.Component;

/** Writes problems as application/problem+json (RFC 9457). Thread-safe. */
@Component
public class ProblemWriter {

  static final String MEDIA_TYPE = "application/problem+json";
  static final String TYPES = "https://outpost.dev/problems/";

  private final ObjectMapper mapper;

  ProblemWriter(ObjectMapper mapper) {
    this.mapper = mapper;
  }

  /** The members that RFC 9457 defines, the request's id, and the faults of a 400. */
  @JsonInclude(JsonInclude.Include.NON_EMPTY)
  private record Body(
      String type,
      String title,
      int status,
      String detail,
      String instance,
      String requestId,
      List<Problem.FieldError> errors) {}

  /**
   * The body for the problem of a whole call. The call's audit entry will name the problem, too.
   */
  public byte[] body(Problem problem, Call call) {
    call.refuse(problem.code());
    return entryBody(problem, call);
  }

  /** The body for the problem of one entry of a call; the call itself is not refused. */
  public byte[] entryBody(Problem problem, Call call) {
    var code = problem.code();
    try {
      return mapper.writeValueAsBytes(
          new Body(
              TYPES + code.slug(),
              code.title(),
              code.status(),
              problem.detail(),
              printable(call.path()),
              call.requestId(),
              problem.errors()));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A path that the client chose, made safe to show. */
  static String printable(String path) {
    return KeyText.hidden(path).replaceAll("[^ -~]", "?");
  }

  /** Writes a complete answer, for failures outside the routes. */
  void write(Problem problem, Call call, HttpServletResponse response) throws IOException {
    response.setStatus(problem.code().status());
    problem.headers().forEach(response::setHeader);
    var body = body(problem, call);
    response.setContentType(MEDIA_TYPE);
    response.setContentLength(body.length);
    response.getOutputStream().write(body);
  }
}
