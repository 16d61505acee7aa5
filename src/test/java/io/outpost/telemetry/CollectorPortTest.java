package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.registry.otlp.OtlpMetricsSender;
import io.opentelemetry.api.trace.SpanKind;
import io.outpost.kernel.AgentUsers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.springframework.mock.env.MockEnvironment;

/**
 * An agent that listens at the collector's port, after the collector has ended, gets no spans, log
 * lines, metrics or token.
 */
class CollectorPortTest {

  private static final AgentUsers AGENTS = new AgentUsers(20000);
  private static final String ENDPOINT = "http://127.0.0.1:4318";

  private static final String HEADING = "  sl  local_address rem_address   st tx_queue rx_queue";

  /** 127.0.0.1 and 4318, as the kernel of a little-endian machine writes them. */
  private static final String HERE = "0100007F:10DE";

  private final ListAppender<ILoggingEvent> told = new ListAppender<>();
  private final Logger log = (Logger) LoggerFactory.getLogger(CollectorPort.class);

  @TempDir Path tables;

  @BeforeEach
  void listen() {
    told.start();
    log.addAppender(told);
  }

  @AfterEach
  void stop() {
    log.detachAppender(told);
  }

  /**
   * This process is the receiver; the configured range of users decides whether the worker takes it
   * for an agent.
   */
  @Test
  void anAgentThatListensGetsNothing() throws Exception {
    try (var receiver = new OtlpReceiver()) {
      sendAll(receiver, new AgentUsers(0));
      assertThat(receiver.raw()).isEmpty();
      assertThat(receiver.senders()).isEmpty();

      sendAll(receiver, new AgentUsers(1_000_000_000));
      assertThat(receiver.senders()).containsOnlyKeys("/v1/traces", "/v1/logs", "/v1/metrics");
    }
  }

  private void sendAll(OtlpReceiver receiver, AgentUsers agents) throws Exception {
    var port = new CollectorPort(receiver.address(), true, agents, Path.of("/proc/net"));
    var collector = new Collector(receiver.address(), "t0k3n", "here", new MockEnvironment(), port);
    var tracing = new Tracing(collector, 1);
    tracing.begin("run job", SpanKind.CONSUMER, (String) null).end();
    tracing.destroy();
    var lines = new LogExport(collector);
    lines.decide(new LoggingEvent("", log, Level.INFO, "Job succeeded", null, null));
    lines.destroy();
    new GuardedMetrics(collector)
        .send(
            OtlpMetricsSender.Request.builder(new byte[0])
                .address(receiver.address() + "/v1/metrics")
                .headers(Map.of("Authorization", "Bearer t0k3n"))
                .build());
  }

  @Test
  void theCollectorsOwnUserIsSafe() throws IOException {
    write("tcp", row(HERE, "0A", 0), row("0100007F:1F90", "0A", 20005));
    assertThat(port(ENDPOINT).isSafe()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "tcp, 0100007F:10DE",
    "tcp, 00000000:10DE",
    "tcp6, 00000000000000000000000000000000:10DE",
    "tcp6, 0000000000000000FFFF00000100007F:10DE"
  })
  void anAgentIsSeenAtEachAddressThatReachesIt(String table, String at) throws IOException {
    write("tcp");
    write(table, row(at, "0A", 20005));
    assertThat(port(ENDPOINT).isSafe()).isFalse();
  }

  @Test
  void anAgentElsewhereIsNoneOfOurs() throws IOException {
    // Sockets at another loopback address, at port 4319, and of a client.
    write(
        "tcp",
        row(HERE, "0A", 65532),
        row("0200007F:10DE", "0A", 20005),
        row("0100007F:10DF", "0A", 20005),
        row("0100007F:9C40 " + HERE, "01", 20005));
    write("tcp6", row("00000000000000000000000001000000:10DE", "0A", 20005));
    assertThat(port(ENDPOINT).isSafe()).isTrue();
    assertThat(port("http://[::1]:4318").isSafe()).isFalse();
  }

  /** An agent that listens only on IPv6, beside the collector, must not stop all telemetry. */
  @Test
  void anAgentThatListensBesideTheCollectorStopsNothing() throws IOException {
    write("tcp", row(HERE, "0A", 0));
    write("tcp6", row("00000000000000000000000000000000:10DE", "0A", 20005));
    assertThat(port(ENDPOINT).isSafe()).isTrue();
    assertThat(port("http://[::1]:4318").isSafe()).isFalse();
  }

  /**
   * The HTTP client keeps connections alive, so one to an agent that has freed the port must be
   * closed.
   */
  @Test
  void aConnectionThatAnAgentHasTakenIsNotSentOn() throws IOException {
    write("tcp", row(HERE, "0A", 0), row(HERE, "01", 20005));
    assertThat(port(ENDPOINT).isSafe()).isFalse();
  }

  /** Otherwise an agent could take the port between the check and the request. */
  @Test
  void nothingIsSentWhereNobodyListensAndNothingTwice() throws IOException {
    write("tcp", row(HERE, "06", 0));
    assertThat(port(ENDPOINT).isSafe()).isFalse();
    var environment = new MockEnvironment();
    assertThat(new Collector(ENDPOINT, "", "here", environment, port(ENDPOINT)).retries()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "   0: 0100007F:10DE 00000000:0000 0A",
        "   0: 0100007F:10DE 00000000:0000 0A 00000000:00000000 00:00000000 00000000 root 0 1"
      })
  void whatCannotBeReadIsNoCollector(String row) throws IOException {
    write("tcp", row(HERE, "0A", 0), row);
    assertThat(port(ENDPOINT).isSafe()).isFalse();
    Files.delete(tables.resolve("tcp"));
    assertThat(port(ENDPOINT).isSafe()).isFalse();
  }

  @Test
  void aCollectorElsewhereIsNotLookedAt() {
    assertThat(port("http://192.0.2.7:4318").isSafe()).isTrue();
    var api = new CollectorPort(ENDPOINT, false, AGENTS, tables);
    assertThat(api.isSafe()).isTrue();
  }

  @Test
  void aChangeIsToldOnce() throws IOException {
    var port = port(ENDPOINT);
    for (var user : List.of(0, 20005, 20005, 20005, 0, 0)) {
      write("tcp", row(HERE, "0A", user));
      port.isSafe();
    }
    assertThat(told.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .containsExactly(
            "Nothing is sent to the collector: an agent's process has its port",
            "The collector is sent something again");
  }

  private CollectorPort port(String endpoint) {
    return new CollectorPort(endpoint, true, AGENTS, tables);
  }

  private void write(String table, String... rows) throws IOException {
    Files.writeString(tables.resolve(table), HEADING + "\n" + String.join("\n", rows) + "\n");
  }

  /**
   * @param at own address, and the other's where there is one
   */
  private static String row(String at, String state, int user) {
    var both = at.contains(" ") ? at : at + " 00000000:0000";
    return "   0: %s %s 00000000:00000000 00:00000000 00000000 %5d        0 1081 1 0 100 0 0 10 0"
        .formatted(both, state, user);
  }
}
