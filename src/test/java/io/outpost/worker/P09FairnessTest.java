package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Client;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.platform.Job;
import io.outpost.platform.Job.Status;
import io.outpost.platform.Tier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * One tenant's backlog does not keep another waiting. The embedded SQS hands messages out in their
 * order, without regard to their groups, so here the cap on a tenant's running jobs does it alone.
 */
class P09FairnessTest {

  private static final int BACKLOG = 300;
  private static final Duration LONG = Duration.ofMinutes(3);

  @Test
  void aTenantsOneJobRunsAlthoughAnotherHasHundredsWaitingOfWhichNoneEnds() throws Exception {
    var settings = new HashMap<String, Object>();
    settings.put("server.port", 0);
    settings.put("outpost.agents.demo", "always");
    settings.put("outpost.worker.slots", Tier.PRO.slots() + 1);
    try (var aws = EmbeddedAws.start(Optional.empty());
        var outpost = LocalOutpost.on(aws.endpoints(), "local", settings)) {
      var busy = new JobBench(outpost, Tier.PRO);
      var backlog = new ArrayList<Job>();
      for (int i = 0; i < BACKLOG; i++) {
        backlog.add(busy.enqueue("sleep 600"));
      }
      var other = Client.of(outpost.address()).with(outpost.adminKey()).newTenant("Other");
      var job = other.submit("claude", "Say hello");
      var path = "/jobs/" + job;
      await().atMost(LONG).until(() -> other.get(path).text("status").equals("succeeded"));

      var byStatus = new HashMap<Status, Integer>();
      backlog.forEach(one -> byStatus.merge(busy.read(one).status(), 1, Integer::sum));
      assertThat(byStatus)
          .containsOnlyKeys(Status.pending, Status.running)
          .containsEntry(Status.running, Tier.PRO.slots());
    }
  }
}
