package io.outpost.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outpost.http.Call;
import io.outpost.http.Commit;
import io.outpost.http.ProblemWriter;
import io.outpost.kernel.Problem;
import io.outpost.store.Change;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * The steps of accepting many jobs in one request. Each job is accepted or refused separately, in a
 * transaction of its own that also stores the result. Stateless.
 */
@Component("batch")
public class Batch {

  /** The audit action of an accepted job in a batch. */
  private static final String ACCEPTED = "job.pending";

  private static final String REFUSED = "job.refused";

  /** Problems of the whole request, not of a single job: the client should repeat the request. */
  private static final Set<Problem.Code> OF_THE_WHOLE =
      Set.of(Problem.Code.UNAVAILABLE, Problem.Code.INTERNAL, Problem.Code.IDEMPOTENCY_KEY_REUSED);

  private final ObjectMapper mapper;
  private final Commit commit;
  private final ProblemWriter problems;

  Batch(ObjectMapper mapper, Commit commit, ProblemWriter problems) {
    this.mapper = mapper;
    this.commit = commit;
    this.problems = problems;
  }

  /** A job of the request, with its position. */
  public record Wanted(int index, JsonNode job) {}

  /** The jobs in the request. */
  public List<Wanted> wanted(@Body JsonNode body) {
    var jobs = body.get("jobs");
    return IntStream.range(0, jobs.size()).mapToObj(i -> new Wanted(i, jobs.get(i))).toList();
  }

  /** Validates a job's fields; throws a problem that names the faulty ones. */
  public JsonNode check(
      @ExchangeProperty("wanted") Wanted wanted, @ExchangeProperty(Call.NAME) Call call) {
    var faults = call.faultsOf(wanted.index());
    if (!faults.isEmpty()) {
      var first = faults.getFirst();
      throw new Problem(
          Problem.Code.INVALID_REQUEST, first.field() + ": " + first.detail(), faults, Map.of());
    }
    return wanted.job();
  }

  /** Writes the job with its result. When the request is repeated, the first result stays. */
  public void keep(
      @ExchangeProperty("wanted") Wanted wanted,
      @ExchangeProperty(Call.NAME) Call call,
      Exchange exchange) {
    commit(wanted, call, exchange, null);
  }

  /**
   * Turns the problem of a refused job into its result, and stores the result like that of an
   * accepted job.
   *
   * @throws Problem when the whole request must be refused
   */
  public void refuse(
      @ExchangeProperty("wanted") Wanted wanted,
      @ExchangeProperty(Exchange.EXCEPTION_CAUGHT) Problem problem,
      @ExchangeProperty(Call.NAME) Call call,
      Exchange exchange) {
    if (OF_THE_WHOLE.contains(problem.code())) {
      throw problem;
    }
    Change.renew(exchange);
    var named = inItsPlace(problem, wanted.index());
    exchange.getMessage().removeHeader("Location");
    exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, named.code().status());
    exchange.getMessage().setBody(problems.entryBody(named, call));
    commit(wanted, call, exchange, named.code());
  }

  private void commit(Wanted wanted, Call call, Exchange exchange, Problem.@Nullable Code refused) {
    var entry =
        commit.commitEntry(
            exchange, call, wanted.index(), refused == null ? ACCEPTED : REFUSED, refused);
    exchange.setProperty("transition", entry);
    exchange.setProperty("accepted", entry != null && refused == null);
  }

  /** Adds the position in the batch, because steps name fields as in a request for one job. */
  private static Problem inItsPlace(Problem problem, int index) {
    var place = "jobs[" + index + "]";
    if (problem.errors().stream().allMatch(error -> error.field().startsWith(place))) {
      return problem;
    }
    var errors =
        problem.errors().stream()
            .map(error -> new Problem.FieldError(place + "." + error.field(), error.detail()))
            .toList();
    return new Problem(problem.code(), place + "." + problem.getMessage(), errors, Map.of());
  }

  /** The result of a job: the job, or the problem. */
  public ObjectNode result(Exchange exchange) throws IOException {
    var answer = exchange.getMessage();
    var status = answer.getHeader(Exchange.HTTP_RESPONSE_CODE, Integer.class);
    var part = mapper.createObjectNode().put("status", status);
    part.set(status < 400 ? "job" : "problem", mapper.readTree(answer.getBody(byte[].class)));
    return part;
  }

  /** The answer, in the order of the request. */
  public Map<String, Object> answer(@Body List<?> parts, Exchange exchange) {
    Change.renew(exchange);
    exchange.getMessage().removeHeaders("*");
    return Map.of("data", parts);
  }
}
