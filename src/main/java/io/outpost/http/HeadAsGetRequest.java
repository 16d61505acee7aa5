package io.outpost.http;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;

/** A HEAD is answered as the GET that it stands for; the server leaves the body out. */
final class HeadAsGetRequest extends HttpServletRequestWrapper {

  private HeadAsGetRequest(HttpServletRequest request) {
    super(request);
  }

  /** The GET that a request stands for, else the request itself. */
  static HttpServletRequest of(HttpServletRequest request) {
    return request.getMethod().equals("HEAD") ? new HeadAsGetRequest(request) : request;
  }

  @Override
  public String getMethod() {
    return "GET";
  }
}
