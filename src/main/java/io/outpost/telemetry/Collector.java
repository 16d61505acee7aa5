package io.outpost.telemetry;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.resources.Resource;
import java.util.Optional;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.core.env.Environment;
import org.springframework.stereotype.Component;

/** The OTLP collector that spans and log lines are sent to, and who we are to it. Immutable. */
@Component
final class Collector {

  private final String endpoint;
  private final Resource self;

  Collector(
      @Value("${outpost.telemetry.otlp-endpoint}") String endpoint,
      @Value("${outpost.worker.name}") String instance,
      Environment environment) {
    this.endpoint = base(endpoint);
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
