package io.outpost.http;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;

/** A HEAD request, answered like GET; the server leaves the body out. */
final class HeadAsGetRequest extends HttpServletRequestWrapper {

  private HeadAsGetRequest(HttpServletRequest request) {
    super(request);
  }

  /** The request as GET if it is a HEAD; any other request is returned as it is. */
  static HttpServletRequest of(HttpServletRequest request) {
    return request.getMethod().equals("HEAD") ? new HeadAsGetRequest(request) : request;
  }

  @Override
  public String getMethod() {
    return "GET";
  }
}
