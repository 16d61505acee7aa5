package io.outpost.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;

@Tag("product")
class EmbeddedAwsTest {

  /** SQS's maximum wait time, in seconds. */
  private static final int POLL = 20;

  private static final Map<String, AttributeValue> KEY =
      Map.of("tenant_id", AttributeValue.fromS("t1"), "job_id", AttributeValue.fromS("j1"));

  @Test
  void aDataFolderKeepsARowAMessageAnObjectAndASecret(@TempDir Path data) {
    try (var aws = EmbeddedAws.start(Optional.of(data));
        var clients = aws.clients()) {
      new Provisioner(clients, "test").provision();
      clients.dynamoDb().putItem(put -> put.tableName("outpost-jobs-test").item(KEY));
      clients.sqs().sendMessage(m -> m.queueUrl(jobs(clients)).messageBody("kept"));
      clients
          .s3()
          .putObject(
              put -> put.bucket("outpost-output-test").key("t1/j1").metadata(Map.of("part", "1")),
              RequestBody.fromString("kept"));
      clients.secrets().createSecret(s -> s.name("/outpost/t1").secretString("kept"));
    }
    try (var aws = EmbeddedAws.start(Optional.of(data));
        var clients = aws.clients()) {
      new Provisioner(clients, "test").provision();
      var row = clients.dynamoDb().getItem(get -> get.tableName("outpost-jobs-test").key(KEY));
      assertThat(row.item()).isEqualTo(KEY);
      var received = clients.sqs().receiveMessage(m -> m.queueUrl(jobs(clients)));
      assertThat(received.messages()).extracting(Message::body).containsExactly("kept");
      var object =
          clients.s3().getObjectAsBytes(get -> get.bucket("outpost-output-test").key("t1/j1"));
      assertThat(object.asUtf8String()).isEqualTo("kept");
      assertThat(object.response().metadata()).containsEntry("part", "1");
      assertThat(clients.secrets().getSecretValue(s -> s.secretId("/outpost/t1")).secretString())
          .isEqualTo("kept");
    }
  }

  @Test
  void anotherOutpostCannotOpenTheSameDataFolder(@TempDir Path data) {
    try (var aws = EmbeddedAws.start(Optional.of(data))) {
      assertThatIllegalStateException()
          .isThrownBy(() -> EmbeddedAws.start(Optional.of(data)))
          .withMessageContaining("used by another Outpost");
      assertAnswers(aws);
    }
  }

  @Test
  void aHalfFailedStartLeavesNothingRunning(@TempDir Path data) throws Exception {
    // A file blocks the folder of SQS, which starts last.
    Path obstacle = Files.createFile(data.resolve("sqs"));
    assertThatIllegalStateException().isThrownBy(() -> EmbeddedAws.start(Optional.of(data)));
    Files.delete(obstacle);
    // The lock and the database files must be released.
    try (var aws = EmbeddedAws.start(Optional.of(data))) {
      assertAnswers(aws);
    }
  }

  @Test
  void closeEndsOpenLongPollsEarlyAndFreesEveryPort() throws Exception {
    var aws = EmbeddedAws.start(Optional.empty());
    try (var clients = aws.clients()) {
      clients.sqs().createQueue(q -> q.queueName("idle"));
      String url = clients.sqs().getQueueUrl(q -> q.queueName("idle")).queueUrl();
      var poll =
          Thread.ofPlatform()
              .start(() -> swallow(() -> clients.sqs().receiveMessage(m -> waitLong(m, url))));
      await().until(() -> waitsForAnswer(poll));
      Instant start = Instant.now();
      aws.close();
      assertThat(Duration.between(start, Instant.now())).isLessThan(Duration.ofSeconds(POLL));
      for (URI endpoint : all(aws)) {
        assertThrows(IOException.class, () -> new Socket("127.0.0.1", endpoint.getPort()).close());
      }
      poll.join();
    }
  }

  @Test
  void closeLeavesNoThreadThatKeepsTheJvmFromEnding() throws Exception {
    Set<Thread> before = lasting();
    var aws = EmbeddedAws.start(Optional.empty());
    try (var clients = aws.clients()) {
      new Provisioner(clients, "test").provision();
      aws.close();
    }
    for (Thread thread : lasting()) {
      assertThat(before.contains(thread) || thread.join(Duration.ofMinutes(1)))
          .as("%s ends", thread)
          .isTrue();
    }
  }

  @Test
  void noServiceCanBeReachedFromAnotherMachine() throws Exception {
    List<InetAddress> outside =
        NetworkInterface.networkInterfaces()
            .flatMap(NetworkInterface::inetAddresses)
            .filter(address -> !address.isLoopbackAddress())
            .toList();
    try (var aws = EmbeddedAws.start(Optional.empty())) {
      for (URI endpoint : all(aws)) {
        new Socket("127.0.0.1", endpoint.getPort()).close();
        for (InetAddress address : outside) {
          assertThrows(IOException.class, () -> new Socket(address, endpoint.getPort()).close());
        }
      }
    }
  }

  @Test
  void settingsNameEveryEndpointAndTheCredentials() {
    try (var aws = EmbeddedAws.start(Optional.empty())) {
      assertThat(aws.settings())
          .containsEntry("outpost.aws.endpoints.sqs", aws.endpoints().sqs().toString())
          .containsEntry("outpost.aws.endpoints.dynamodb", aws.endpoints().dynamoDb().toString())
          .containsEntry("outpost.aws.endpoints.s3", aws.endpoints().s3().toString())
          .containsEntry(
              "outpost.aws.endpoints.secretsmanager", aws.endpoints().secrets().toString())
          .containsEntry("outpost.aws.endpoints.sns", aws.endpoints().sns().toString())
          .containsEntry("outpost.aws.region", "us-east-1")
          .containsEntry("outpost.aws.access-key", "test")
          .containsEntry("outpost.aws.secret-key", "test");
    }
  }

  private static void waitLong(ReceiveMessageRequest.Builder request, String url) {
    request.queueUrl(url).waitTimeSeconds(POLL);
  }

  private static boolean waitsForAnswer(Thread thread) {
    return Arrays.stream(thread.getStackTrace())
        .anyMatch(frame -> frame.getMethodName().equals("receiveResponseHeader"));
  }

  /** Ignores whether the poll is answered or broken off. */
  private static void swallow(Runnable poll) {
    try {
      poll.run();
    } catch (SdkException e) {
      assertThat(e).hasMessageContaining("HTTP request");
    }
  }

  private static Set<Thread> lasting() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !thread.isDaemon())
        .collect(Collectors.toSet());
  }

  private static void assertAnswers(EmbeddedAws aws) {
    try (var clients = aws.clients()) {
      clients.sqs().listQueues();
      clients.dynamoDb().listTables();
      clients.s3().listBuckets();
      clients.secrets().listSecrets();
      clients.sns().listTopics();
    } catch (SdkException e) {
      throw new AssertionError("A service does not answer.", e);
    }
  }

  private static List<URI> all(EmbeddedAws aws) {
    var at = aws.endpoints();
    return Stream.of(at.sqs(), at.dynamoDb(), at.s3(), at.secrets(), at.sns()).toList();
  }

  private static String jobs(AwsClients clients) {
    return clients.sqs().getQueueUrl(q -> q.queueName("outpost-jobs-high-test")).queueUrl();
  }
}
