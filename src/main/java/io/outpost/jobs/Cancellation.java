package io.outpost.jobs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.http.Call;
import io.outpost.http.Commit;
import io.outpost.job.Job;
import io.outpost.job.JobItems;
import io.outpost.job.JobTransition;
import io.outpost.job.JobTransitions;
import io.outpost.job.TransitionRefused;
import io.outpost.kernel.Problem;
import io.outpost.store.Change;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;

/**
 * Cancels jobs. The transaction alone cancels a job: its worker can finish only a job that still
 * runs under the worker's lease. Stateless.
 */
@Component("cancellation")
public class Cancellation {

  /** How many times cancelling a job is tried when the job changes meanwhile. */
  private static final int MOST_TRIES = 10;

  private final JobReader reader;
  private final JobItems jobs;
  private final JobTransitions transitions;
  private final Commit commit;
  private final ObjectMapper mapper;

  Cancellation(
      JobReader reader,
      JobItems jobs,
      JobTransitions transitions,
      Commit commit,
      ObjectMapper mapper) {
    this.reader = reader;
    this.jobs = jobs;
    this.transitions = transitions;
    this.commit = commit;
    this.mapper = mapper;
  }

  /**
   * Cancels the job in its current state, and answers with it. A pending job gives its quota back;
   * a running job is billed, so it is in the ledger, and its worker is told to stop.
   *
   * @throws Problem 409 when the job has ended; 503 when it changes during each try
   */
  public void cancel(
      @Header("job_id") String jobId, @ExchangeProperty(Call.NAME) Call call, Exchange exchange)
      throws JsonProcessingException {
    for (int tries = 1; tries <= MOST_TRIES; tries++) {
      var change = Change.renew(exchange);
      var cancelled = addTo(change, jobId, call, exchange);
      exchange.getMessage().setBody(mapper.writeValueAsBytes(cancelled));
      exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, "application/json");
      try {
        commit.commit(exchange, call);
        return;
      } catch (TransitionRefused moved) {
        exchange.removeProperty("transition");
      }
    }
    throw Problem.unavailable("The job changes too quickly to be cancelled; try again shortly.");
  }

  /** Adds the job's cancellation to the change. */
  public Job addTo(Change change, String jobId, Call call, Exchange exchange) {
    var stored = jobs.read(reader.item(jobId, call));
    var status = stored.job().status();
    if (status.isTerminal()) {
      throw new Problem(Problem.Code.CONFLICT, "The job has ended already: " + status + ".");
    }
    var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    var cancel = new JobTransition.Cancelled(stored, now, call.requestId(), null);
    exchange.setProperty("transition", transitions.add(change, cancel));
    exchange.setProperty("job", cancel.job());
    exchange.setProperty("othersMayStart", status == Job.Status.pending);
    return cancel.job();
  }
}
