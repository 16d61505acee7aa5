package io.outpost.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.SpanKind;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.springframework.mock.env.MockEnvironment;

/** Without a collector no spans or log lines are kept for sending. */
class NothingIsSentTest {

  @Test
  void senderThreadsRunOnlyWhereACollectorIsSet() {
    var before = senders();
    var silent = new Collector("", "", "here", new MockEnvironment());
    var tracing = new Tracing(silent, 1);
    new LogExport(silent);
    assertThat(tracing.isOn()).isFalse();
    assertThat(tracing.arrive("HTTP", SpanKind.SERVER, null).getSpanContext().isValid()).isFalse();
    assertThat(senders()).isEqualTo(before);

    var set = new Collector("http://127.0.0.1:9", "", "here", new MockEnvironment());
    var sending = new Tracing(set, 1);
    var lines = new LogExport(set);
    try {
      assertThat(senders()).hasSize(before.size() + 2);
    } finally {
      sending.destroy();
      lines.destroy();
    }
  }

  private static Set<Thread> senders() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().matches("Batch(Span|LogRecord)Processor.*"))
        .collect(Collectors.toSet());
  }
}
