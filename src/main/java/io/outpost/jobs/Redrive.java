package io.outpost.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.http.Call;
import io.outpost.job.JobTransition;
import io.outpost.job.JobTransitions;
import io.outpost.job.TransitionRefused;
import io.outpost.jobs.DeadLetterReader.Letter;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/**
 * Redrives dead letters. Each redrive is a separate transition on condition that the job is a dead
 * letter, so a repetition has no effect.
 */
@Component("redrive")
public class Redrive {

  private static final int MOST = 1000;

  private final DeadLetterReader reader;
  private final JobTransitions transitions;

  Redrive(DeadLetterReader reader, JobTransitions transitions) {
    this.reader = reader;
    this.transitions = transitions;
  }

  /** The dead letters in the request, or all; records named jobs that are not dead letters. */
  public List<Letter> choose(@Body JsonNode body, Exchange exchange) {
    if (!body.has("job_ids")) {
      return reader.all(MOST);
    }
    Set<String> wanted = new TreeSet<>();
    body.get("job_ids").forEach(id -> wanted.add(id.asText()));
    var chosen =
        reader.all(Integer.MAX_VALUE).stream()
            .filter(letter -> wanted.contains(letter.job().jobId()))
            .toList();
    chosen.forEach(letter -> wanted.remove(letter.job().jobId()));
    exchange.setProperty(RedriveCounter.UNKNOWN, List.copyOf(wanted));
    return chosen;
  }

  /**
   * Makes a dead letter pending again, with all attempts, and counts it against the quota again;
   * false when it is no longer a dead letter.
   */
  public boolean revive(
      @Body Letter dead, @ExchangeProperty(Call.NAME) Call call, Exchange exchange) {
    var redrive = new JobTransition.Redriven(dead.stored(), call.requestId(), Instant.now());
    try {
      exchange.setProperty("transition", transitions.apply(redrive).entry());
    } catch (TransitionRefused moved) {
      return false;
    }
    exchange.setProperty("job", redrive.job());
    return true;
  }
}
