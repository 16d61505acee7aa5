package io.outpost.platform.http;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;

/**
 * An error that nobody has written an answer for is left to the edge, not to the server's error
 * page; an answer that somebody writes leaves when it is complete.
 */
final class Unanswered extends HttpServletResponseWrapper {
  Unanswered(HttpServletResponse response) {
    super(response);
  }

  /** An answer without content has no type either; Camel gives it all those of the contract. */
  @Override
  public void setContentType(String type) {
    super.setContentType(isWithoutContent() ? null : type);
  }

  @Override
  public void setHeader(String name, String value) {
    if (!isWithoutContent() || !name.equalsIgnoreCase("Content-Type")) {
      super.setHeader(name, value);
    }
  }

  @Override
  public void addHeader(String name, String value) {
    if (!isWithoutContent() || !name.equalsIgnoreCase("Content-Type")) {
      super.addHeader(name, value);
    }
  }

  @Override
  public ServletOutputStream getOutputStream() throws IOException {
    return new InOnePiece(super.getOutputStream());
  }

  @Override
  public void setStatus(int status) {
    super.setStatus(status);
    if (isWithoutContent()) {
      super.setContentType(null);
    }
  }

  private boolean isWithoutContent() {
    return getStatus() == SC_NO_CONTENT || getStatus() / 100 == 3;
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
