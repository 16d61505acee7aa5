package io.outpost.local;

import java.net.URI;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.client.builder.AwsClientBuilder;
import software.amazon.awssdk.awscore.client.builder.AwsSyncClientBuilder;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.secretsmanager.SecretsManagerClient;
import software.amazon.awssdk.services.sns.SnsClient;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * SDK clients of the services that Outpost uses, for tests and for creating Outpost's resources.
 */
public record AwsClients(
    SqsClient sqs,
    DynamoDbClient dynamoDb,
    S3Client s3,
    SecretsManagerClient secrets,
    SnsClient sns)
    implements AutoCloseable {

  /** Where each service listens. */
  public record Endpoints(URI sqs, URI dynamoDb, URI s3, URI secrets, URI sns, URI kms) {

    /** All services at one address, as with LocalStack. */
    public static Endpoints at(URI all) {
      return new Endpoints(all, all, all, all, all, all);
    }

    /** The Spring properties that point Outpost at these services. */
    public Map<String, Object> settings() {
      return Map.of(
          "outpost.aws.endpoints.sqs", sqs.toString(),
          "outpost.aws.endpoints.dynamodb", dynamoDb.toString(),
          "outpost.aws.endpoints.s3", s3.toString(),
          "outpost.aws.endpoints.secretsmanager", secrets.toString(),
          "outpost.aws.endpoints.sns", sns.toString(),
          "outpost.aws.endpoints.kms", kms.toString(),
          // LocalStack does not have this key, so nothing is signed there.
          "outpost.receipts.kms-keys", kms.equals(sqs) ? "" : KmsEmulator.KEY,
          "outpost.aws.region", EmbeddedAws.REGION,
          "outpost.aws.access-key", EmbeddedAws.ACCESS_KEY,
          "outpost.aws.secret-key", EmbeddedAws.SECRET_KEY);
    }
  }

  /** Clients with the credentials of the embedded AWS, which LocalStack also accepts. */
  public static AwsClients of(Endpoints at) {
    return new AwsClients(
        build(SqsClient.builder(), at.sqs()),
        build(DynamoDbClient.builder(), at.dynamoDb()),
        build(S3Client.builder().forcePathStyle(true), at.s3()),
        build(SecretsManagerClient.builder(), at.secrets()),
        build(SnsClient.builder(), at.sns()));
  }

  @Override
  public void close() {
    sqs.close();
    dynamoDb.close();
    s3.close();
    secrets.close();
    sns.close();
  }

  private static <B extends AwsClientBuilder<B, C> & AwsSyncClientBuilder<B, C>, C> C build(
      B builder, URI endpoint) {
    return builder
        .endpointOverride(endpoint)
        .region(Region.of(EmbeddedAws.REGION))
        .credentialsProvider(
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create(EmbeddedAws.ACCESS_KEY, EmbeddedAws.SECRET_KEY)))
        .httpClientBuilder(ApacheHttpClient.builder())
        .build();
  }
}
