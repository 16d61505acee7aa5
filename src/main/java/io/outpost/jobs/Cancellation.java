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
 * Cancels jobs: the job is cancelled from the moment of the transaction, whatever a worker is about
 * to write, for a worker can finish only what is still running under its lease. Stateless.
 */
@Component("cancellation")
public class Cancellation {

  /** A job that moves on while it is cancelled is read again, so often. */
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
   * Ends the job as cancelled, as it is by then, and answers with it. A pending one gives its quota
   * back; one that runs has been used, so it is in the ledger, and its worker is told to stop.
   *
   * @throws Problem 409 when it has ended; 503 when it moves on each time
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

  /** Adds to the change what ends the job as cancelled, as it is now. */
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
    exchange.setProperty("wasPending", status == Job.Status.pending);
    return cancel.job();
  }
}
