package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.blackbox.Customer;
import io.outpost.job.Job.Status;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.WriteRequest;

/**
 * Counts the items that DynamoDB reads for a page of jobs. The number depends on the page and on
 * how many jobs its filter skips, not on the number of jobs: a list ten times as long has the same
 * bounds.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ListCostTest {

  private static final int FEW = 480;
  private static final int MANY = 4824;
  private static final int LIMIT = 50;

  /** The number of jobs that one query reads while a filter searches. */
  private static final int READ_ON = 100;

  private static final int MOST_QUERIES = 20;

  /** For a page of one job: the job, the next one, and what the filter searches. */
  private static final int MOST_READ = 2 + (MOST_QUERIES - 1) * READ_ON;

  /** Every agent has the same number of jobs, in every status. */
  private static final List<String> AGENTS = List.of("claude", "codex", "gemini", "aider");

  private static final List<Status> STATUSES = List.of(Status.values());

  private final TwoApis apis;
  private Customer withFew;
  private Customer withMany;

  ListCostTest(TwoApis apis) {
    this.apis = apis;
  }

  @BeforeAll
  void manyJobsOfWhichTheOldestAloneIsAGroks() {
    withFew = Customer.of(apis.admin(), "enterprise");
    withMany = Customer.of(apis.admin(), "enterprise");
    for (var customer : List.of(withFew, withMany)) {
      write(customer, 1, i -> "grok");
      write(
          customer,
          customer == withFew ? FEW : MANY,
          i -> AGENTS.get(i / STATUSES.size() % AGENTS.size()));
    }
  }

  static Stream<Arguments> everyFilter() {
    var statuses = Stream.concat(Stream.of(""), STATUSES.stream().map(s -> "&status=" + s));
    return statuses.flatMap(
        status ->
            Stream.of("", "&agent=" + AGENTS.getLast()).map(agent -> Arguments.of(status, agent)));
  }

  @ParameterizedTest
  @MethodSource
  void everyFilter(String status, String agent) {
    var share = (status.isEmpty() ? 1 : STATUSES.size()) * (agent.isEmpty() ? 1 : AGENTS.size());
    var looked = agent.isEmpty() ? LIMIT + 1 : (LIMIT + 1) * AGENTS.size() + READ_ON;
    var queries = agent.isEmpty() ? 1 : 1 + looked / READ_ON;
    for (var customer : List.of(withFew, withMany)) {
      var jobs = 0;
      for (var page = page(customer, LIMIT, status + agent, ""); ; ) {
        assertThat(page.queries).as("queries of %s", page).isLessThanOrEqualTo(queries);
        assertThat(page.read).as("jobs read of %s", page).isLessThanOrEqualTo(looked);
        jobs += page.jobs;
        if (page.cursor.isEmpty()) {
          break;
        }
        page = page(customer, LIMIT, status + agent, page.cursor);
      }
      var all = customer == withFew ? FEW : MANY;
      assertThat(jobs).isBetween(all / share, all / share + 1);
    }
  }

  /** The most expensive request: short pages with cursors, until the only match is found. */
  @Test
  void aRareAgentsOneJob() {
    var pages = 1;
    for (var page = page(withMany, 1, "&agent=grok", ""); page.jobs == 0; pages++) {
      assertThat(page.queries).isEqualTo(MOST_QUERIES);
      assertThat(page.read).isEqualTo(MOST_READ);
      assertThat(page.cursor).isNotEmpty();
      page = page(withMany, 1, "&agent=grok", page.cursor);
    }
    assertThat(pages).isEqualTo(1 + MANY / MOST_READ);
  }

  /**
   * A page, and what it cost.
   *
   * @param read jobs that DynamoDB looked at
   * @param cursor empty: the last page
   */
  private record Page(int jobs, int queries, int read, String cursor) {}

  private Page page(Customer customer, int limit, String filters, String cursor) {
    var queries = new ArrayList<QueryResponse>();
    try (var watch =
        apis.probe()
            .afterEach(
                call -> {
                  if (call.mentions(customer.tenantId())
                      && call.response() instanceof QueryResponse response) {
                    queries.add(response);
                  }
                })) {
      var path = "/jobs?limit=" + limit + filters;
      var answer =
          customer.client().get(cursor.isEmpty() ? path : path + "&cursor=" + cursor).json();
      var next = answer.get("next_cursor");
      return new Page(
          answer.get("data").size(),
          queries.size(),
          queries.stream().mapToInt(QueryResponse::scannedCount).sum(),
          next.isNull() ? "" : next.asText());
    }
  }

  private void write(Customer customer, int jobs, IntFunction<String> agents) {
    var table = apis.table("jobs");
    for (int from = 0; from < jobs; from += 25) {
      var writes =
          IntStream.range(from, Math.min(jobs, from + 25))
              .mapToObj(i -> StoredJobs.job(customer, agents.apply(i), status(i)))
              .map(job -> StoredJobs.item(apis, job))
              .map(item -> WriteRequest.builder().putRequest(p -> p.item(item)).build())
              .toList();
      var left =
          apis.clients().dynamoDb().batchWriteItem(b -> b.requestItems(Map.of(table, writes)));
      assertThat(left.unprocessedItems()).isEmpty();
    }
  }

  private static Status status(int number) {
    return STATUSES.get(number % STATUSES.size());
  }
}
