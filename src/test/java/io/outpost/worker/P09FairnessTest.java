package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.aws.AwsProbe;
import io.outpost.blackbox.Client;
import io.outpost.job.Job;
import io.outpost.job.Job.Status;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.Sizes;
import io.outpost.tenant.Tier;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.sqs.model.SendMessageRequest;

/**
 * One tenant's backlog does not keep another waiting, whatever the caps and the slots. The embedded
 * SQS hands messages out in their order, without regard to their groups; SQS itself is fair between
 * groups at times, so every message must name its tenant as its group.
 */
@Tag("product")
class P09FairnessTest {

  private static final int BACKLOG = Sizes.of(200, 1000);
  private static final int SLOTS = 2;
  private static final int SUBMIT_AT_ONCE = 4;

  @Test
  void aTenantsOneJobRunsAlthoughAnotherHasManyWaitingOfWhichNoneEnds() throws Exception {
    var settings = new HashMap<String, Object>();
    settings.put("server.port", 0);
    settings.put("outpost.agents.demo", "always");
    settings.put("outpost.probe", true);
    settings.put("outpost.worker.slots", Tier.PRO.slots() + 1);
    // Turns the sweeper's messages off, because they would be counted.
    settings.put("outpost.jobs.resend-after", "1h");
    try (var aws = EmbeddedAws.start(Optional.empty());
        var outpost = LocalOutpost.on(aws.endpoints(), "local", settings)) {
      var busy = new JobBench(outpost, Tier.PRO);
      var sent =
          outpost
              .context()
              .getBean(AwsProbe.class)
              .record(call -> call.operation().equals("SendMessage") && call.mentions("jobs-"));
      var backlog = backlog(busy, "sleep 600");
      var other = Client.of(outpost.address()).with(outpost.adminKey()).newTenant("Other");
      var job = other.submit("claude", "Say hello");
      var path = "/jobs/" + job;
      await().until(() -> other.get(path).text("status").equals("succeeded"));

      var byStatus = new HashMap<Status, Integer>();
      backlog.forEach(one -> byStatus.merge(busy.read(one).status(), 1, Integer::sum));
      assertThat(byStatus)
          .containsOnlyKeys(Status.pending, Status.running)
          .containsEntry(Status.running, Tier.PRO.slots());
      assertThat(sent)
          .as("messages: none more for jobs that wait")
          .hasSize(BACKLOG + 1)
          .extracting(call -> (SendMessageRequest) call.request())
          .allSatisfy(
              message -> assertThat(message.messageBody()).contains(message.messageGroupId()));
    }
  }

  /** The flooding tenant's cap is above the number of slots. */
  @Test
  void anothersOneJobIsAmongTheNextStartsAlthoughTheCapIsAboveAllSlots() throws Exception {
    var settings = new HashMap<String, Object>();
    settings.put("server.port", 0);
    settings.put("outpost.agents.demo", "always");
    settings.put("outpost.worker.slots", SLOTS);
    try (var aws = EmbeddedAws.start(Optional.empty());
        var outpost = LocalOutpost.on(aws.endpoints(), "local", settings)) {
      var busy = new JobBench(outpost, Tier.ENTERPRISE);
      var backlog = backlog(busy, "sleep 2");
      var other = Client.of(outpost.address()).with(outpost.adminKey()).newTenant("Other");
      var job = other.submit("claude", "Say hello");
      var ended = other.ended(job);
      var submitted = Instant.parse(ended.get("created_at").asText());
      var started = Instant.parse(ended.get("started_at").asText());
      var between =
          backlog.stream()
              .map(busy::read)
              .map(Job::startedAt)
              .filter(start -> start != null && start.isAfter(submitted) && start.isBefore(started))
              .count();
      assertThat(between).as("starts of the other's meanwhile").isLessThanOrEqualTo(2 * SLOTS);
    }
  }

  private static List<Job> backlog(JobBench busy, String task) throws Exception {
    var backlog = Collections.synchronizedList(new ArrayList<Job>());
    AtOnce.run(
        Collections.nCopies(
            SUBMIT_AT_ONCE,
            () -> {
              for (int i = 0; i < BACKLOG / SUBMIT_AT_ONCE; i++) {
                backlog.add(busy.enqueue(task));
              }
            }));
    return backlog;
  }
}
