package io.outpost.telemetry;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.common.export.RetryPolicy;
import io.opentelemetry.sdk.resources.Resource;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/**
 * The OTLP collector to which spans and log lines are sent: its address, the name that we send
 * under, and a token. An agent on the same machine lacks the token, so the collector can tell it
 * from us. Immutable.
 */
@Component
final class Collector {

  private final String endpoint;
  private final Resource self;
  private final Map<String, String> headers;
  private final CollectorPort port;

  @Autowired
  Collector(
      @Value("${outpost.telemetry.otlp-endpoint}") String endpoint,
      @Value("${outpost.telemetry.otlp-token}") String token,
      @Value("${outpost.worker.name}") String instance,
      Environment environment) {
    this(endpoint, token, instance, environment, CollectorPort.of(base(endpoint), environment));
  }

  /** For tests: uses this check of the port. */
  Collector(
      String endpoint, String token, String instance, Environment environment, CollectorPort port) {
    this.endpoint = base(endpoint);
    this.port = port;
    this.headers = headers(token);
    this.self =
        Resource.create(
            Attributes.of(
                AttributeKey.stringKey("service.name"),
                service(environment),
                AttributeKey.stringKey("service.instance.id"),
                instance));
  }

  /** The address for a kind of data, such as {@code traces}; empty when nothing is sent. */
  Optional<String> of(String signal) {
    return endpoint.isEmpty() ? Optional.empty() : Optional.of(endpoint + "/v1/" + signal);
  }

  Resource self() {
    return self;
  }

  /** The check of who listens at the collector's port. */
  CollectorPort port() {
    return port;
  }

  /**
   * How a failed export is retried; null: not at all, where an agent could listen, because the port
   * is checked only before the first attempt.
   */
  @Nullable RetryPolicy retries() {
    return port.isShared() ? null : RetryPolicy.getDefault();
  }

  /** The headers of each request to the collector. */
  Map<String, String> headers() {
    return headers;
  }

  static Map<String, String> headers(String token) {
    return token.isBlank() ? Map.of() : Map.of("Authorization", "Bearer " + token.strip());
  }

  /** The address from the setting, without a slash at the end; empty: none. */
  static String base(String set) {
    var endpoint = set.strip();
    return endpoint.endsWith("/") ? endpoint.substring(0, endpoint.length() - 1) : endpoint;
  }

  /** The service name of our role, such as {@code outpost-worker}. */
  static String service(Environment environment) {
    return "outpost-" + String.join("-", environment.getActiveProfiles());
  }
}
