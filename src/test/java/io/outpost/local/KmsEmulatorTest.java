package io.outpost.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kms.KmsClient;

/** Receipts from before a restart can be verified afterwards. */
class KmsEmulatorTest {

  @Test
  void theKeyIsTheSameAfterARestart(@TempDir Path folder) throws Exception {
    var before = publicKey(Optional.of(folder));
    assertThat(publicKey(Optional.of(folder))).isEqualTo(before);
    assertThat(publicKey(Optional.empty())).isNotEqualTo(before);
  }

  private static SdkBytes publicKey(Optional<Path> folder) throws Exception {
    try (var kms = KmsEmulator.start(folder);
        var client =
            KmsClient.builder()
                .endpointOverride(kms.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(
                    StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
                .httpClientBuilder(ApacheHttpClient.builder())
                .build()) {
      return client.getPublicKey(g -> g.keyId(KmsEmulator.KEY)).publicKey();
    }
  }
}
