package io.outpost.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.audit.AuditEntry;
import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.job.JobItems;
import io.outpost.job.JobTransition;
import io.outpost.job.JobTransitions;
import io.outpost.job.StoredJob;
import io.outpost.job.TransitionRefused;
import io.outpost.kernel.Problem;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.stream.Stream;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;

/** Cancels the open jobs of a tenant that match a filter. Stateless. */
@Component("bulkCancellation")
public class BulkCancellation {

  /** The maximum number of jobs that one request cancels. */
  static final int MOST = 1000;

  /** How many jobs are cancelled in parallel. */
  private static final int AT_ONCE = 8;

  /** The time limit of a request; the client can cancel the remaining jobs with another one. */
  private static final Duration LONGEST = Duration.ofSeconds(15);

  /** How many times cancelling a job is tried when the job changes meanwhile. */
  private static final int MOST_TRIES = 5;

  private final DynamoDbClient dynamoDb;
  private final JobItems jobs;
  private final JobTransitions transitions;
  private final Names names;
  private final ObjectMapper mapper;

  BulkCancellation(
      DynamoDbClient dynamoDb,
      JobItems jobs,
      JobTransitions transitions,
      Names names,
      ObjectMapper mapper) {
    this.dynamoDb = dynamoDb;
    this.jobs = jobs;
    this.transitions = transitions;
    this.names = names;
    this.mapper = mapper;
  }

  /** The conditions that a job must meet to be cancelled. */
  record Filter(List<Job.Status> status, Map<String, String> labels, String agent) {

    Filter {
      status = status == null ? List.of(Job.Status.pending, Job.Status.running) : status;
      labels = labels == null ? Map.of() : labels;
    }
  }

  /**
   * A cancelled job.
   *
   * @param wakes whether a waiting job may start instead
   */
  public record Cancelled(Job job, @Nullable AuditEntry entry, boolean wakes) {}

  /**
   * Cancels the open jobs that match the request's filter and the caller's mode, oldest first. The
   * property {@code moreToCancel} says whether some remain.
   */
  public List<Cancelled> cancel(
      @Body JsonNode body, @ExchangeProperty(Call.NAME) Call call, Exchange exchange)
      throws InterruptedException {
    var filter = mapper.convertValue(body, Filter.class);
    var found = find(filter, call);
    var chosen = found.subList(0, Math.min(MOST, found.size()));
    var attempts = each(chosen, stored -> cancel(stored, filter, call));
    var cancelled = attempts.stream().flatMap(Attempt::cancelled).toList();
    var left = found.size() > MOST || attempts.stream().anyMatch(Attempt::left);
    exchange.setProperty("moreToCancel", left);
    return waking(cancelled, call.principal().tier().slots());
  }

  /** The matching open jobs, at most one more than may be cancelled. */
  private List<StoredJob> find(Filter filter, Call call) {
    var tenantId = call.principal().tenantId();
    var found = new LinkedHashMap<String, StoredJob>();
    for (var status : filter.status().stream().distinct().sorted().toList()) {
      var query = QueryRequest.builder().tableName(names.table("jobs"));
      new JobFilter(
              List.of(status.name()),
              filter.agent(),
              new TreeMap<>(filter.labels()),
              null,
              null,
              call.principal().mode())
          .addTo(query, tenantId);
      dynamoDb.queryPaginator(query.build()).items().stream()
          .limit(MOST + 1)
          .map(jobs::read)
          .forEach(stored -> found.putIfAbsent(stored.job().jobId(), stored));
      if (found.size() > MOST) {
        break;
      }
    }
    return new ArrayList<>(found.values());
  }

  /**
   * The result for one job.
   *
   * @param it the cancelled job; null: it was not cancelled
   * @param left whether the job still has to be cancelled
   */
  private record Attempt(@Nullable Cancelled it, boolean left) {
    Stream<Cancelled> cancelled() {
      return Optional.ofNullable(it).stream();
    }
  }

  private Attempt cancel(StoredJob seen, Filter filter, Call call) {
    var stored = seen;
    for (int tries = 1; tries <= MOST_TRIES; tries++) {
      if (!filter.status().contains(stored.job().status())) {
        return new Attempt(null, false);
      }
      var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
      var cancel = new JobTransition.Cancelled(stored, now, call.requestId(), null);
      try {
        var entry = transitions.apply(cancel).entry();
        var waited = stored.job().status() == Job.Status.pending;
        return new Attempt(new Cancelled(cancel.job(), entry, waited), false);
      } catch (TransitionRefused moved) {
        stored = jobs.read(jobs.find(seen.job().tenantId(), seen.job().jobId()));
      } catch (Problem busy) {
        return new Attempt(null, true);
      }
    }
    return new Attempt(null, true);
  }

  /**
   * Limits how many waiting jobs are woken to the tenant's number of slots, because no more can
   * start.
   */
  private static List<Cancelled> waking(List<Cancelled> cancelled, int slots) {
    var rest = slots;
    var result = new ArrayList<Cancelled>();
    for (var one : cancelled) {
      var wakes = one.wakes() && (one.job().workspace() != null || rest-- > 0);
      result.add(new Cancelled(one.job(), one.entry(), wakes));
    }
    return result;
  }

  /** A step on one job. */
  private interface Step {
    Attempt on(StoredJob stored);
  }

  /**
   * Runs a step on each job, some in parallel. Jobs whose turn comes after the time limit are
   * skipped.
   */
  private static List<Attempt> each(List<StoredJob> stored, Step step) throws InterruptedException {
    var until = Instant.now().plus(LONGEST);
    var permits = new Semaphore(AT_ONCE);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Callable<Attempt>> steps =
          stored.stream()
              .map(
                  one ->
                      (Callable<Attempt>)
                          () -> {
                            permits.acquire();
                            try {
                              return Instant.now().isAfter(until)
                                  ? new Attempt(null, true)
                                  : step.on(one);
                            } finally {
                              permits.release();
                            }
                          })
              .toList();
      return threads.invokeAll(steps).stream().map(BulkCancellation::result).toList();
    }
  }

  private static Attempt result(Future<Attempt> done) {
    try {
      return done.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Sets the properties for the routes that follow a transition. */
  public void tell(@Body Cancelled cancelled, Exchange exchange) {
    exchange.setProperty("transition", Objects.requireNonNull(cancelled.entry()));
    exchange.setProperty("job", cancelled.job());
    exchange.setProperty("othersMayStart", cancelled.wakes());
  }

  /** Answers with the number of cancelled jobs, and whether there are more. */
  public Map<String, Object> answer(
      @Body List<Cancelled> cancelled, @ExchangeProperty("moreToCancel") Boolean more) {
    return Map.of("cancelled", cancelled.size(), "more", more);
  }
}
