package io.outpost.http;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.stereotype.Component;

/**
 * The headers of every answer: for browser security, caching, and requests from other origins
 * (CORS). Immutable, thread-safe.
 */
@Component
class ResponseHeaders {

  /**
   * The servlet context attribute with these headers, by which the web server's own answers get
   * them, too.
   */
  static final String NAME = ResponseHeaders.class.getName();

  /** For answers, which are data: browsers must not run, frame or load anything from them. */
  private static final String DATA_POLICY = "default-src 'none'; frame-ancestors 'none'";

  /** For the page at /docs, which runs its own scripts and calls only this API. */
  private static final String DOCS_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src"
          + " 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors"
          + " 'none'";

  private static final String TO_READ =
      "X-Request-Id, Location, ETag, Retry-After, RateLimit, RateLimit-Policy, Idempotent-Replayed,"
          + " Content-Range, X-Output-Offset, X-Output-Complete";
  private static final String TO_SEND =
      "Authorization, X-API-Key, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range,"
          + " Range, Last-Event-ID, X-Request-Id, traceparent";
  private static final String REMEMBERED_SECONDS = "600";

  private final Set<String> origins;
  private final String transportSecurity;

  ResponseHeaders(
      @Value("${outpost.http.cors-origins}") String origins,
      @Value("${outpost.http.transport-security}") String transportSecurity) {
    this.origins =
        Arrays.stream(origins.split(",", -1))
            .map(String::strip)
            .filter(origin -> !origin.isEmpty())
            .collect(Collectors.toUnmodifiableSet());
    this.transportSecurity = transportSecurity;
  }

  /** Sets the headers of an answer. */
  void set(HttpServletRequest request, HttpServletResponse response) {
    var path = String.valueOf(request.getRequestURI());
    var isDocs = path.equals("/docs") || path.startsWith("/docs/");
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Referrer-Policy", "no-referrer");
    response.setHeader("Content-Security-Policy", isDocs ? DOCS_POLICY : DATA_POLICY);
    if (!isDocs) {
      response.setHeader("Cache-Control", path.equals("/openapi.json") ? "no-cache" : "no-store");
    }
    if (!transportSecurity.isBlank()) {
      response.setHeader("Strict-Transport-Security", transportSecurity);
    }
    if (!origins.isEmpty()) {
      share(request, response);
    }
  }

  /** Answers a browser's CORS preflight request. */
  void preflight(HttpServletRequest request, HttpServletResponse response, List<String> methods) {
    if (isShared(request) && request.getHeader("Access-Control-Request-Method") != null) {
      response.setHeader("Access-Control-Allow-Methods", String.join(", ", methods));
      response.setHeader("Access-Control-Allow-Headers", TO_SEND);
      response.setHeader("Access-Control-Max-Age", REMEMBERED_SECONDS);
    }
  }

  private void share(HttpServletRequest request, HttpServletResponse response) {
    response.addHeader("Vary", "Origin");
    if (isShared(request)) {
      response.setHeader("Access-Control-Allow-Origin", request.getHeader("Origin"));
      response.setHeader("Access-Control-Expose-Headers", TO_READ);
    }
  }

  private boolean isShared(HttpServletRequest request) {
    var origin = request.getHeader("Origin");
    return origin != null && origins.contains(origin);
  }
}
