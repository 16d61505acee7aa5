package io.outpost.http;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpServletResponseWrapper;
import java.io.IOException;
import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;

/**
 * Leaves error answers without a body to the edge. Otherwise the server would send its error page,
 * or Camel an answer that repeats the request's body for unknown operations. Answers of other kinds
 * are sent when they are complete.
 */
final class DeferredErrorResponse extends HttpServletResponseWrapper {
  private final Call call;

  DeferredErrorResponse(HttpServletResponse response, Call call) {
    super(response);
    this.call = call;
  }

  /** Whether the edge writes this answer: an error outside the operations of the contract. */
  private boolean isForEdge() {
    return getStatus() >= 400 && !call.hasOperation();
  }

  @Override
  public ServletOutputStream getOutputStream() throws IOException {
    return isForEdge()
        ? new DiscardingOutputStream()
        : new NoFlushOutputStream(super.getOutputStream(), isStream());
  }

  private boolean isStream() {
    return getContentType() != null && getContentType().startsWith(Contract.EVENT_STREAM);
  }

  @Override
  public PrintWriter getWriter() throws IOException {
    return isForEdge() ? new PrintWriter(PrintWriter.nullWriter()) : super.getWriter();
  }

  @Override
  public void flushBuffer() throws IOException {
    if (!isForEdge()) {
      super.flushBuffer();
    }
  }

  /**
   * Sets the type, but not of an empty answer, which must have none: Camel would set all types in
   * the contract.
   */
  @Override
  public void setContentType(@Nullable String type) {
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
  public void setStatus(int status) {
    call.decide(status);
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
