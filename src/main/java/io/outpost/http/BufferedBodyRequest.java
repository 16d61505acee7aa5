package io.outpost.http;

import jakarta.servlet.ServletInputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.io.BufferedReader;
import java.io.Reader;
import java.util.Collections;
import java.util.Enumeration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The request, with its body read already. Hides Content-Type and Accept from the web server's
 * mapping, because the contract's own step checks them after authentication.
 */
final class BufferedBodyRequest extends HttpServletRequestWrapper {
  private final byte[] body;

  BufferedBodyRequest(HttpServletRequest request, byte[] body) {
    super(request);
    this.body = body;
  }

  @Override
  public String getContentType() {
    return "application/json";
  }

  @Override
  public @Nullable String getHeader(String name) {
    if (name.equalsIgnoreCase("accept")) {
      return null;
    }
    return name.equalsIgnoreCase("content-type") ? getContentType() : super.getHeader(name);
  }

  @Override
  public Enumeration<String> getHeaders(String name) {
    if (name.equalsIgnoreCase("accept")) {
      return Collections.emptyEnumeration();
    }
    return name.equalsIgnoreCase("content-type")
        ? Collections.enumeration(List.of(getContentType()))
        : super.getHeaders(name);
  }

  @Override
  public ServletInputStream getInputStream() {
    return new BodyStream(body);
  }

  /**
   * Returns an empty reader. Steps read the body from the call, and Camel would allocate 16 KB for
   * each request.
   */
  @Override
  public BufferedReader getReader() {
    return new BufferedReader(Reader.nullReader(), 1);
  }
}
