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
 * Records when a job has passed steps of the worker's routes, by step id. Active only in a
 * benchmark. Thread-safe.
 */
@Component
@ConditionalOnProperty("benchmark.steps")
class StepTimes implements InterceptStrategy {

  /** The recorded steps, in the order in which a job passes them. */
  static final List<String> STEPS =
      List.of("read-message", "claim-job", "restore-files", "hear-secret-changes", "start-agent");

  private static final String NOTED = "benchmark-steps";

  /** By job, and by step. */
  private final Map<String, Map<String, Instant>> times = new ConcurrentHashMap<>();

  /** The time at which a job passed each step. */
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

  /** The job is known only after the claim. */
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
