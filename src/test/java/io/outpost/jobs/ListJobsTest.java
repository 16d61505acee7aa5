package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.job.Job;
import io.outpost.job.Job.Status;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With any filter, the pages of a list contain each matching job exactly once. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ListJobsTest {

  private static final int JOBS = 500;
  private static final List<String> AGENTS = List.of("claude", "codex", "gemini");
  private static final List<Status> STATUSES =
      List.of(Status.succeeded, Status.failed, Status.cancelled);

  private final TwoApis apis;
  private final List<Job> newestFirst = new ArrayList<>();
  private Customer customer;

  ListJobsTest(TwoApis apis) {
    this.apis = apis;
  }

  @BeforeAll
  void manyJobsOfWhichTheOldestAloneIsAnAidersOne() {
    customer = Customer.of(apis.admin(), "enterprise");
    newestFirst.add(kept("aider", Status.succeeded));
    var random = new Random(7);
    for (int i = 0; i < JOBS; i++) {
      newestFirst.addFirst(
          kept(
              AGENTS.get(random.nextInt(AGENTS.size())),
              STATUSES.get(random.nextInt(STATUSES.size()))));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "succeeded, claude, 7",
    "failed, codex, 100",
    "cancelled, gemini, 1",
    "succeeded, , 13",
    " , claude, 50",
    " , aider, 2",
    " , , 64"
  })
  void everyPageInOrderAndTogetherAllWhileJobsAreAdded(String status, String agent, int limit) {
    var expected =
        newestFirst.stream()
            .filter(job -> status == null || job.status().name().equals(status))
            .filter(job -> agent == null || job.agent().equals(agent))
            .map(Job::jobId)
            .toList();
    var filters =
        (status == null ? "" : "&status=" + status) + (agent == null ? "" : "&agent=" + agent);
    var added = new ArrayList<String>();
    var listed = new ArrayList<String>();
    for (var page = page(limit, filters, null); ; page = page(limit, filters, page.cursor)) {
      listed.addAll(page.jobs);
      added.add(customer.client().submit(agent == null ? "codex" : agent, "Say hello"));
      if (page.cursor == null) {
        break;
      }
    }
    listed.removeIf(id -> id.compareTo(newestFirst.getFirst().jobId()) > 0);
    assertThat(listed).isEqualTo(expected);
    assertThat(added).as("jobs that came while it was read").isNotEmpty();
  }

  @Test
  void aRareAgentCostsAFewReads() {
    var queries =
        apis.probe()
            .record(
                call ->
                    call.operation().equals("Query")
                        && call.mentions(customer.tenantId())
                        // Without the queries that estimates make beside
                        // submissions.
                        && !call.mentions("BETWEEN :from"));
    var page = page(1, "&agent=aider&status=succeeded", null);
    assertThat(page.jobs).containsExactly(newestFirst.getLast().jobId());
    assertThat(queries).hasSizeLessThanOrEqualTo(1 + (JOBS + 99) / 100);
  }

  @Test
  void aCursorIsGoodForItsOwnQueryAndTenantOnly() {
    var failed = "/jobs?limit=5&status=failed";
    var cursor = "&cursor=" + customer.client().get(failed).text("next_cursor");
    assertThat(customer.client().get(failed + cursor).status()).isEqualTo(200);
    assertThat(customer.client().get("/jobs?limit=5&status=cancelled" + cursor).status())
        .isEqualTo(400);
    assertThat(customer.client().get("/jobs?limit=5" + cursor).status()).isEqualTo(400);
    var other = Customer.of(apis.admin(), "free").client();
    assertThat(other.get(failed + cursor).status()).isEqualTo(400);
    assertThat(customer.client().get(failed + "&cursor=x" + cursor.substring(8)).status())
        .isEqualTo(400);
  }

  private record Page(List<String> jobs, String cursor) {}

  private Page page(int limit, String filters, String cursor) {
    Client client = customer.client();
    var answer =
        client.get("/jobs?limit=" + limit + filters + (cursor == null ? "" : "&cursor=" + cursor));
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    var jobs = answer.json().get("data").findValuesAsText("job_id");
    assertThat(jobs).hasSizeLessThanOrEqualTo(limit);
    var next = answer.json().get("next_cursor");
    return new Page(jobs, next.isNull() ? null : next.asText());
  }

  private Job kept(String agent, Status status) {
    var job = StoredJobs.job(customer, agent, status);
    var item = StoredJobs.item(apis, job);
    apis.clients().dynamoDb().putItem(p -> p.tableName(apis.table("jobs")).item(item));
    return job;
  }
}
