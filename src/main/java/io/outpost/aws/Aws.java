package io.outpost.aws;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.DefaultCredentialsProvider;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.StandardRetryStrategy;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.kms.KmsClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * Builds all AWS clients, which share one HTTP pool, wait for limited times, and try three times
 * with jitter (the SDK's standard mode). No other code builds any. The clients are thread-safe.
 */
@Configuration
@EnableConfigurationProperties(AwsSettings.class)
public class Aws {

  private static final Duration LONGEST_POLL = Duration.ofSeconds(25);
  private static final Duration LONGEST_CALL = Duration.ofSeconds(10);

  private final AwsSettings settings;
  private final Iterable<ExecutionInterceptor> interceptors;

  Aws(
      AwsSettings settings,
      org.springframework.beans.factory.ObjectProvider<ExecutionInterceptor> interceptors) {
    this.settings = settings;
    this.interceptors = interceptors;
  }

  @Bean
  SdkHttpClient awsHttp() {
    return ApacheHttpClient.builder()
        .maxConnections(200)
        .connectionTimeout(Duration.ofSeconds(2))
        .socketTimeout(LONGEST_POLL)
        .expectContinueEnabled(false)
        .build();
  }

  @Bean
  DynamoDbClient dynamoDb(SdkHttpClient http) {
    return configured(DynamoDbClient.builder().httpClient(http), "dynamodb", LONGEST_CALL).build();
  }

  @Bean
  SqsClient sqs(SdkHttpClient http) {
    return configured(SqsClient.builder().httpClient(http), "sqs", LONGEST_POLL).build();
  }

  @Bean
  SnsClient sns(SdkHttpClient http) {
    return configured(SnsClient.builder().httpClient(http), "sns", LONGEST_CALL).build();
  }

  @Bean
  SecretsManagerClient secretsManager(SdkHttpClient http) {
    return configured(
            SecretsManagerClient.builder().httpClient(http), "secretsmanager", LONGEST_CALL)
        .build();
  }

  @Bean
  KmsClient kms(SdkHttpClient http) {
    return configured(KmsClient.builder().httpClient(http), "kms", LONGEST_CALL).build();
  }

  /**
   * The whole call has no time limit, because large outputs take long; only the wait for the next
   * bytes is limited.
   */
  @Bean
  S3Client s3(SdkHttpClient http) {
    return configured(S3Client.builder().httpClient(http), "s3", null)
        .forcePathStyle(settings.endpointOf("s3").isPresent())
        .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
        .build();
  }

  @Bean
  S3Presigner presigner() {
    var builder = S3Presigner.builder().region(region()).credentialsProvider(credentials());
    settings.endpointOf("s3").ifPresent(builder::endpointOverride);
    return builder.serviceConfiguration(pathStyle(settings.endpointOf("s3").isPresent())).build();
  }

  private static S3Configuration pathStyle(boolean wanted) {
    return S3Configuration.builder().pathStyleAccessEnabled(wanted).build();
  }

  private <B extends AwsClientBuilder<B, C>, C> B configured(
      B builder, String service, @Nullable Duration limit) {
    builder.region(region()).credentialsProvider(credentials());
    settings.endpointOf(service).ifPresent(builder::endpointOverride);
    return builder.overrideConfiguration(
        c -> {
          c.retryStrategy(StandardRetryStrategy.builder().maxAttempts(3).build());
          if (limit != null) {
            c.apiCallTimeout(limit);
          }
          interceptors.forEach(c::addExecutionInterceptor);
        });
  }

  private Region region() {
    return Region.of(settings.region());
  }

  private AwsCredentialsProvider credentials() {
    return settings.accessKey() == null || settings.accessKey().isBlank()
        ? DefaultCredentialsProvider.builder().build()
        : StaticCredentialsProvider.create(
            AwsBasicCredentials.create(settings.accessKey(), settings.secretKey()));
  }
}
