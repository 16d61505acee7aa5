package io.outpost.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.http.Call;
import io.outpost.job.JobTransition;
import io.outpost.job.JobTransitions;
import io.outpost.job.TransitionRefused;
import io.outpost.jobs.DeadLetterReader.Letter;
import io.outpost.kernel.Problem;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/**
 * Redrives dead letters. Each job is redriven separately, on condition that it is a dead letter, so
 * a repetition has no effect.
 */
@Component("redrive")
public class Redrive {

  private static final int MOST = 1000;

  private static final String UNREACHABLE =
      "%s has a repository by ssh, and this installation reaches none by ssh: leave it out, and"
          + " submit the job again with an https address";

  private final DeadLetterReader reader;
  private final JobTransitions transitions;
  private final ReachableRepositories reachable;

  Redrive(DeadLetterReader reader, JobTransitions transitions, ReachableRepositories reachable) {
    this.reader = reader;
    this.transitions = transitions;
    this.reachable = reachable;
  }

  /**
   * The dead letters to redrive: those that the request names or, when it names none, all whose
   * repositories workers can reach. Also records the named jobs that are no dead letters.
   *
   * @throws Problem 400 when workers cannot reach the repository of a named one
   */
  public List<Letter> choose(@Body JsonNode body, Exchange exchange) {
    if (!body.has("job_ids")) {
      return reader.all(MOST).stream().filter(this::isReachable).toList();
    }
    Set<String> wanted = new TreeSet<>();
    body.get("job_ids").forEach(id -> wanted.add(id.asText()));
    var chosen =
        reader.all(Integer.MAX_VALUE).stream()
            .filter(letter -> wanted.contains(letter.job().jobId()))
            .toList();
    chosen.stream()
        .filter(letter -> !isReachable(letter))
        .findFirst()
        .ifPresent(
            letter -> {
              throw Problem.invalid("job_ids", UNREACHABLE.formatted(letter.job().jobId()));
            });
    chosen.forEach(letter -> wanted.remove(letter.job().jobId()));
    exchange.setProperty(RedriveCounter.UNKNOWN, List.copyOf(wanted));
    return chosen;
  }

  private boolean isReachable(Letter letter) {
    return reachable.reach(letter.job().repository());
  }

  /**
   * Makes a dead letter pending again, with all attempts, and counts it against the quota again.
   * False when it is no longer a dead letter.
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
