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
 * The OTLP collector that spans and log lines are sent to, who we are to it, and by what it knows
 * us from agents that share its address. Immutable.
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

  /** With a port of the caller's. */
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

  /** Where a signal is sent; empty where nothing is. */
  Optional<String> of(String signal) {
    return endpoint.isEmpty() ? Optional.empty() : Optional.of(endpoint + "/v1/" + signal);
  }

  Resource self() {
    return self;
  }

  /** Who listens there. */
  CollectorPort port() {
    return port;
  }

  /**
   * How often what failed is sent again: never where an agent could listen, as nobody looks in
   * between; null: never.
   */
  @Nullable RetryPolicy retries() {
    return port.isShared() ? null : RetryPolicy.getDefault();
  }

  /** What each request to it has. */
  Map<String, String> headers() {
    return headers;
  }

  static Map<String, String> headers(String token) {
    return token.isBlank() ? Map.of() : Map.of("Authorization", "Bearer " + token.strip());
  }

  /** The address as it is set, without the slash at its end; empty: none. */
  static String base(String set) {
    var endpoint = set.strip();
    return endpoint.endsWith("/") ? endpoint.substring(0, endpoint.length() - 1) : endpoint;
  }

  /** The name of our role. */
  static String service(Environment environment) {
    return "outpost-" + String.join("-", environment.getActiveProfiles());
  }
}
