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
 * The OTLP collector to which spans and log lines are sent: its address, the name under which we
 * send, and the token that proves to it that we are not an agent on the same machine. Immutable.
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

  /** With a given check of the port. */
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

  /** The address for a signal, such as {@code traces}; empty when nothing is sent. */
  Optional<String> of(String signal) {
    return endpoint.isEmpty() ? Optional.empty() : Optional.of(endpoint + "/v1/" + signal);
  }

  Resource self() {
    return self;
  }

  /** The check who listens at its port. */
  CollectorPort port() {
    return port;
  }

  /**
   * The retries of a failed export; null: none. There are none where an agent could listen, because
   * the port is checked only before the first attempt.
   */
  @Nullable RetryPolicy retries() {
    return port.isShared() ? null : RetryPolicy.getDefault();
  }

  /** The headers of each request to it. */
  Map<String, String> headers() {
    return headers;
  }

  static Map<String, String> headers(String token) {
    return token.isBlank() ? Map.of() : Map.of("Authorization", "Bearer " + token.strip());
  }

  /** The address from the setting, without a slash at its end; empty: none. */
  static String base(String set) {
    var endpoint = set.strip();
    return endpoint.endsWith("/") ? endpoint.substring(0, endpoint.length() - 1) : endpoint;
  }

  /** The service name of our role, such as {@code outpost-worker}. */
  static String service(Environment environment) {
    return "outpost-" + String.join("-", environment.getActiveProfiles());
  }
}
