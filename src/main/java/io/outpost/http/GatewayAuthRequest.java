package io.outpost.http;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.util.Collections;
import java.util.Enumeration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A gateway's request to check a key. Some gateways (Envoy) send it with the method, path and query
 * of their client's request, appended to the path of verifyAuth. All three are ignored: the request
 * is treated as {@code GET /auth/verify}.
 */
final class GatewayAuthRequest extends HttpServletRequestWrapper {

  private static final String PATH = "/auth/verify";

  private GatewayAuthRequest(HttpServletRequest request) {
    super(request);
  }

  /** The key check that this request means; any other request is returned as it is. */
  static HttpServletRequest of(HttpServletRequest request) {
    return request.getRequestURI().startsWith(PATH + "/")
        ? new GatewayAuthRequest(request)
        : request;
  }

  @Override
  public String getMethod() {
    return "GET";
  }

  @Override
  public String getRequestURI() {
    return PATH;
  }

  @Override
  public StringBuffer getRequestURL() {
    return new StringBuffer(PATH);
  }

  @Override
  public String getServletPath() {
    return PATH;
  }

  @Override
  public @Nullable String getQueryString() {
    return null;
  }

  @Override
  public @Nullable String getParameter(String name) {
    return null;
  }

  @Override
  public String @Nullable [] getParameterValues(String name) {
    return null;
  }

  @Override
  public Map<String, String[]> getParameterMap() {
    return Map.of();
  }

  @Override
  public Enumeration<String> getParameterNames() {
    return Collections.emptyEnumeration();
  }
}
