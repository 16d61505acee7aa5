package io.outpost.platform.http;

import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;

/**
 * An error that nobody has written an answer for is left to the edge, not to the server's error
 * page.
 */
final class Unanswered extends HttpServletResponseWrapper {
  Unanswered(HttpServletResponse response) {
    super(response);
  }

  /** An answer without content has no type either. */
  @Override
  public void setContentType(String type) {
    super.setContentType(getStatus() == SC_NO_CONTENT ? null : type);
  }

  @Override
  public void setHeader(String name, String value) {
    if (getStatus() != SC_NO_CONTENT || !name.equalsIgnoreCase("Content-Type")) {
      super.setHeader(name, value);
    }
  }

  @Override
  public void addHeader(String name, String value) {
    if (getStatus() != SC_NO_CONTENT || !name.equalsIgnoreCase("Content-Type")) {
      super.addHeader(name, value);
    }
  }

  @Override
  public void setStatus(int status) {
    super.setStatus(status);
    if (status == SC_NO_CONTENT) {
      super.setContentType(null);
    }
  }

  @Override
  public void sendError(int status) {
    resetBuffer();
    setContentType(null);
    setStatus(status);
  }

  @Override
  public void sendError(int status, String message) {
    sendError(status);
  }
}
