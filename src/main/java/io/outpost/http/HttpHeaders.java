package io.outpost.http;

import java.util.Locale;
import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.spi.HeaderFilterStrategy;
import org.springframework.stereotype.Component;

/**
 * The header filter of HTTP. No client header becomes a Camel header; path parameters are set by
 * the contract's binding. Answers contain only the headers in the list. Stateless.
 */
@Component("httpHeaders")
class HttpHeaders implements HeaderFilterStrategy {

  private static final Set<String> OUT =
      Set.of(
          "accept-ranges",
          "allow",
          "content-range",
          "content-type",
          "etag",
          "idempotent-replayed",
          "location",
          "retry-after",
          "www-authenticate",
          "x-accel-buffering",
          "x-output-attempt",
          "x-output-complete",
          "x-output-offset",
          "x-outpost-tenant",
          "x-outpost-key",
          "x-outpost-scopes");

  @Override
  public boolean applyFilterToCamelHeaders(String name, Object value, Exchange exchange) {
    return !OUT.contains(name.toLowerCase(Locale.ROOT));
  }

  @Override
  public boolean applyFilterToExternalHeaders(String name, Object value, Exchange exchange) {
    return true;
  }
}
