package io.outpost.worker;

import static io.outpost.worker.TaskProtection.Taking.AS_BEFORE;
import static io.outpost.worker.TaskProtection.Taking.GO_ON;
import static io.outpost.worker.TaskProtection.Taking.STOP;
import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.when;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A worker whose jobs run is not stopped by scale-in or a deployment, an idle one may be, and no
 * worker holds a deployment up for ever. The agent's answers are those of ECS's documentation.
 */
class P36BusyTasksAreProtectedTest {

  private static final Duration LIMIT = Duration.ofHours(6);
  private static final String PROTECTED = "{\"ProtectionEnabled\":true,\"ExpiresInMinutes\":10}";
  private static final String FREE = "{\"ProtectionEnabled\":false,\"ExpiresInMinutes\":10}";

  private final AgentRuns runs = mock(AgentRuns.class);
  private final List<String> asked = new CopyOnWriteArrayList<>();
  private HttpServer agent;
  private volatile String failure;
  private Instant now = Instant.parse("2026-11-29T10:00:00Z");
  private TaskProtection protection;

  @BeforeEach
  void start() throws IOException {
    agent = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    agent.createContext("/api/task-1/task-protection/v1/state", this::answer);
    agent.start();
    var address = "http://127.0.0.1:" + agent.getAddress().getPort() + "/api/task-1";
    protection = on(address);
  }

  @AfterEach
  void stop() {
    agent.stop(0);
  }

  @Test
  void aTaskIsProtectedWhileItsJobsRunAndNoLonger() {
    idle();
    assertThat(protection.renew()).isEqualTo(AS_BEFORE);
    assertThat(asked).isEmpty();

    busy();
    protection.renew();
    assertThat(asked).containsExactly(PROTECTED);

    idle();
    protection.renew();
    protection.renew();
    assertThat(asked).containsExactly(PROTECTED, FREE);
  }

  @Test
  void aProtectionIsRenewedLongBeforeItEnds() {
    busy();
    for (int second = 0; second < 3600; second += 5) {
      protection.renew();
      now = now.plusSeconds(5);
    }
    assertThat(asked).hasSize(60).containsOnly(PROTECTED);
  }

  @Test
  void anAgentThatDoesNotAnswerIsAskedAgainTheNextTime() {
    failure = "";
    busy();
    assertThat(protection.renew()).isEqualTo(AS_BEFORE);
    failure = null;
    protection.renew();
    assertThat(asked).hasSize(2);
    agent.stop(0);
    now = now.plus(TaskProtection.RENEWED);
    assertThat(protection.renew()).isEqualTo(AS_BEFORE);
  }

  @Test
  void aWaitingDeploymentIsLetThroughOnceTheJobsHereAreDone() {
    busy();
    protection.renew();
    failure = "{\"failure\":{\"Arn\":\"arn\",\"Reason\":\"DEPLOYMENT_BLOCKED\",\"Detail\":null}}";
    now = now.plus(TaskProtection.RENEWED);
    assertThat(protection.renew()).isEqualTo(STOP);
    assertThat(protection.renew()).as("said once").isEqualTo(AS_BEFORE);
    assertThat(protection.isDraining()).isTrue();

    failure = null;
    idle();
    assertThat(protection.renew()).isEqualTo(AS_BEFORE);
    assertThat(asked.getLast()).isEqualTo(FREE);
    now = now.plus(TaskProtection.FOR_ECS);
    assertThat(protection.renew()).as("ECS kept it after all").isEqualTo(GO_ON);
    assertThat(protection.isDraining()).isFalse();
  }

  @Test
  void aWorkerThatIsNeverIdleLetsItsJobsEndAfterTheLimit() {
    busy();
    protection.renew();
    now = now.plus(LIMIT);
    assertThat(protection.renew()).isEqualTo(AS_BEFORE);
    now = now.plusSeconds(1);
    assertThat(protection.renew()).isEqualTo(STOP);
    now = now.plus(TaskProtection.RENEWED);
    protection.renew();
    assertThat(asked).as("its jobs are still protected").containsOnly(PROTECTED);
  }

  @Test
  void outsideEcsNothingIsAsked() {
    busy();
    assertThat(on("").renew()).isEqualTo(AS_BEFORE);
    assertThat(asked).isEmpty();
  }

  private TaskProtection on(String address) {
    InstantSource time = () -> now;
    return new TaskProtection(runs, new EcsAgent(address), LIMIT, time.withZone(ZoneOffset.UTC));
  }

  private void busy() {
    when(runs.isBusy()).thenReturn(true);
  }

  private void idle() {
    when(runs.isBusy()).thenReturn(false);
  }

  private void answer(HttpExchange exchange) throws IOException {
    var body = new String(exchange.getRequestBody().readAllBytes());
    asked.add(exchange.getRequestMethod().equals("PUT") ? body : exchange.getRequestMethod());
    var text =
        failure != null
            ? failure
            : "{\"protection\":{\"ProtectionEnabled\":%s,\"ExpirationDate\":null,\"TaskArn\":\"arn\"}}"
                .formatted(body.contains("true"));
    var bytes = text.getBytes();
    exchange.sendResponseHeaders(text.isEmpty() ? 500 : 200, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }
}
