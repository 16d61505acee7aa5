package io.outpost.kernel;

import java.util.List;
import java.util.Map;

/**
 * A refusal or failure as an exception. Its code decides status and title (RFC 9457), its detail
 * names the remedy. The detail is shown to the client and must contain no secret.
 */
public class Problem extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** The error codes of the contract: the last part of the problem's type. */
  public enum Code {
    INVALID_REQUEST(400, "The request is not valid"),
    UNAUTHENTICATED(401, "Authentication is needed"),
    QUOTA_EXCEEDED(402, "The quota is used up"),
    FORBIDDEN(403, "Not allowed"),
    NOT_FOUND(404, "Not found"),
    NO_OUTPUT_YET(404, "There is no output yet"),
    METHOD_NOT_ALLOWED(405, "Method not allowed"),
    REQUEST_TIMEOUT(408, "The request was too slow"),
    CONFLICT(409, "Conflict"),
    LIMIT_REACHED(409, "A limit is reached"),
    PRECONDITION_FAILED(412, "The resource has changed meanwhile"),
    PAYLOAD_TOO_LARGE(413, "The body is too large"),
    UNSUPPORTED_MEDIA_TYPE(415, "Unsupported media type"),
    RANGE_NOT_SATISFIABLE(416, "The range is outside the output"),
    EXPECTATION_FAILED(417, "The expectation cannot be met"),
    UNPROCESSABLE(422, "The request cannot be carried out"),
    IDEMPOTENCY_KEY_REUSED(422, "The idempotency key was used for another request"),
    RATE_LIMITED(429, "Too many requests"),
    HEADER_TOO_LARGE(431, "The headers are too large"),
    INTERNAL(500, "Something failed on our side"),
    NOT_IMPLEMENTED(501, "Not implemented"),
    UNAVAILABLE(503, "Temporarily unavailable"),
    HTTP_VERSION_NOT_SUPPORTED(505, "HTTP version not supported");

    private final int status;
    private final String title;

    Code(int status, String title) {
      this.status = status;
      this.title = title;
    }

    /** The HTTP status. */
    public int status() {
      return status;
    }

    /** A title that is the same for every occurrence. */
    public String title() {
      return title;
    }

    /** The code as clients see it: lower case, words joined by hyphens. */
    public String slug() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }

    /** The code for a status that was set outside the routes. */
    public static Code of(int status) {
      for (Code code : values()) {
        if (code.status == status) {
          return code;
        }
      }
      return status >= 500 ? INTERNAL : INVALID_REQUEST;
    }
  }

  /**
   * One fault of the request: the field's name (with dots and indexes for nested fields), and what
   * the field must be.
   */
  public record FieldError(String field, String detail) {}

  private final String detail;
  private final Code code;
  private final transient List<FieldError> errors;
  private final transient Map<String, String> headers;

  /** A problem with a code and a remedy. */
  public Problem(Code code, String detail) {
    this(code, detail, List.of(), Map.of());
  }

  /** A problem that names fields, or that adds headers such as Retry-After to the answer. */
  public Problem(Code code, String detail, List<FieldError> errors, Map<String, String> headers) {
    super(detail, null, false, false);
    this.detail = detail;
    this.code = code;
    this.errors = List.copyOf(errors);
    this.headers = Map.copyOf(headers);
  }

  /** A 400 that names one field. */
  public static Problem invalid(String field, String detail) {
    return new Problem(
        Code.INVALID_REQUEST,
        field + ": " + detail,
        List.of(new FieldError(field, detail)),
        Map.of());
  }

  /** A 404, which does not reveal whether the resource exists for another tenant. */
  public static Problem notFound(String what) {
    return new Problem(Code.NOT_FOUND, "There is no such " + what + ".");
  }

  /** A 503 with the seconds after which a retry makes sense. */
  public static Problem unavailable(String detail) {
    return new Problem(Code.UNAVAILABLE, detail, List.of(), Map.of("Retry-After", "2"));
  }

  public String detail() {
    return detail;
  }

  public Code code() {
    return code;
  }

  public List<FieldError> errors() {
    return errors;
  }

  public Map<String, String> headers() {
    return headers;
  }
}
