package io.outpost.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;

@Tag("product")
class EmbeddedS3Test {

  private static final String BUCKET = "outpost-output-test";

  private static EmbeddedAws aws;
  private static AwsClients clients;

  @BeforeAll
  static void start() {
    aws = EmbeddedAws.start(Optional.empty());
    clients = aws.clients();
    new Provisioner(clients, "test").provision();
  }

  @AfterAll
  static void stop() {
    clients.close();
    aws.close();
  }

  @Test
  void anObjectIsReadAsItWasWritten() {
    put("t1/j1/output", "hello");
    var object = clients.s3().getObjectAsBytes(get -> get.bucket(BUCKET).key("t1/j1/output"));
    assertThat(object.asUtf8String()).isEqualTo("hello");
    assertThatExceptionOfType(NoSuchKeyException.class)
        .isThrownBy(() -> clients.s3().getObject(get -> get.bucket(BUCKET).key("t1/none")));
  }

  /** The verification of the audit relies on versions of objects. */
  @Test
  void inAFolderObjectsHaveVersionsToo(@TempDir Path folder) {
    for (int start = 0; start < 2; start++) {
      try (var kept = EmbeddedAws.start(Optional.of(folder));
          var its = kept.clients()) {
        new Provisioner(its, "test").provision();
        var head = "outpost-audit-head-test";
        its.s3().putObject(put -> put.bucket(head).key("a/1"), RequestBody.fromString("x"));
        assertThat(its.s3().listObjectVersions(l -> l.bucket(head).prefix("a/")).versions())
            .isNotEmpty()
            .allMatch(version -> version.key().equals("a/1"));
      }
    }
  }

  @Test
  void aPresignedAddressReadsOneObjectOnly() throws Exception {
    put("t1/mine", "mine");
    put("t1/other", "other");
    try (S3Presigner presigner = presigner()) {
      URI address =
          presigner
              .presignGetObject(
                  sign ->
                      sign.signatureDuration(Duration.ofMinutes(1))
                          .getObjectRequest(get -> get.bucket(BUCKET).key("t1/mine")))
              .url()
              .toURI();
      assertThat(get(address).body()).isEqualTo("mine");
      URI forged = URI.create(address.toString().replace("t1/mine", "t1/other"));
      assertThat(get(forged).statusCode()).isEqualTo(403);
    }
  }

  private static void put(String key, String text) {
    clients.s3().putObject(put -> put.bucket(BUCKET).key(key), RequestBody.fromString(text));
  }

  private static HttpResponse<String> get(URI address) throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      return http.send(
          HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
    }
  }

  private static S3Presigner presigner() {
    return S3Presigner.builder()
        .endpointOverride(aws.endpoints().s3())
        .region(Region.of(EmbeddedAws.REGION))
        .serviceConfiguration(S3Configuration.builder().pathStyleAccessEnabled(true).build())
        .credentialsProvider(
            StaticCredentialsProvider.create(
                AwsBasicCredentials.create(EmbeddedAws.ACCESS_KEY, EmbeddedAws.SECRET_KEY)))
        .build();
  }
}
