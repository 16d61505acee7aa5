package io.outpost.benchmarks;

import io.outpost.job.Job;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Processor;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.stereotype.Component;

/**
 * Notes when a job is through with steps of the worker's routes, by the steps' ids. Only where a
 * benchmark asks for it. Thread-safe.
 */
@Component
@ConditionalOnProperty("benchmark.steps")
class StepTimes implements InterceptStrategy {

  /** Those that are noted, in the order in which a job goes through them. */
  static final List<String> STEPS =
      List.of("read-message", "claim-job", "restore-files", "hear-secret-changes", "start-agent");

  private static final String NOTED = "benchmark-steps";

  /** By job, and by step. */
  private final Map<String, Map<String, Instant>> times = new ConcurrentHashMap<>();

  /** When a job was through with each step. */
  Map<String, Instant> of(String jobId) {
    return times.getOrDefault(jobId, Map.of());
  }

  @Override
  public Processor wrapProcessorInInterceptors(
      CamelContext camel, NamedNode step, Processor target, Processor next) {
    if (!STEPS.contains(step.getId())) {
      return target;
    }
    return new DelegateAsyncProcessor(target) {
      @Override
      public boolean process(Exchange exchange, AsyncCallback callback) {
        return super.process(
            exchange,
            done -> {
              note(exchange, step.getId());
              callback.done(done);
            });
      }
    };
  }

  /** Which job it is about is known once it is claimed. */
  @SuppressWarnings("unchecked")
  private void note(Exchange exchange, String step) {
    var noted = exchange.getProperty(NOTED, Map.class);
    if (noted == null) {
      noted = new LinkedHashMap<String, Instant>();
      exchange.setProperty(NOTED, noted);
    }
    noted.put(step, Instant.now());
    if (exchange.getProperty("job") instanceof Job job) {
      times.put(job.jobId(), noted);
    }
  }
}
