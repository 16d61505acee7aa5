package io.outpost.aws;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The address of AWS. In production all fields are empty, so the SDK decides by its own rules.
 *
 * @param endpoint one endpoint for every service (an emulator)
 * @param endpoints an endpoint for each service: sqs, dynamodb, s3, secretsmanager, sns, kms
 * @param accessKey fixed credentials for an emulator
 * @param secretKey fixed credentials for an emulator
 */
@ConfigurationProperties("outpost.aws")
public record AwsSettings(
    String region,
    @Nullable String endpoint,
    @Nullable Map<String, String> endpoints,
    @Nullable String accessKey,
    @Nullable String secretKey) {

  /** The endpoint of a service; empty for AWS itself. */
  public Optional<URI> endpointOf(String service) {
    var one = endpoints == null ? endpoint : endpoints.getOrDefault(service, endpoint);
    return one == null || one.isBlank() ? Optional.empty() : Optional.of(URI.create(one));
  }
}
