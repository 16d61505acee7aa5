package io.outpost.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.blackbox.Customer;
import io.outpost.local.AwsCalls;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;

/**
 * A worker that is stopped archives all entries that it holds, even if it archived none before. Its
 * start does not look up the bucket, so that it can start while S3 is down.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class P21StoppedWorkerTest {

  private static final String ENV = "stoppedworker";

  private static final Map<String, Object> SETTINGS =
      Map.of(
          "server.port", 0,
          "outpost.env", ENV,
          "outpost.test.aws-calls", true,
          "outpost.audit.archive-period", 3_600_000,
          "outpost.worker.wait-seconds", 1);

  @Test
  void itsEntriesAreInTheArchiveWhenItHasEnded(EmbeddedAws aws) {
    try (var entries = Entries.of(aws, ENV)) {
      var calls = new RecordedCalls("stopped");
      String tenant;
      try (var outpost = LocalOutpost.on(aws.endpoints(), "local", SETTINGS)) {
        assertThat(outpost.context().getBean(AwsCalls.class).seen())
            .extracting(AwsCalls.Seen::request)
            .isNotEmpty()
            .noneMatch(r -> r instanceof HeadBucketRequest b && b.bucket().contains("-audit-"));
        var customer = Customer.of(calls.client(outpost.address(), outpost.adminKey()), "free");
        tenant = customer.tenantId();
        customer.client().get("/jobs");
        await().until(() -> entries.missing(new HashSet<>(calls.made().keySet())), Set::isEmpty);
        assertThat(entries.archived(tenant)).isEmpty();
      }
      assertThat(entries.archived(tenant))
          .extracting(AuditEntry::requestId)
          .containsAll(
              entries.items().stream()
                  .filter(Entries::isCall)
                  .filter(item -> item.get("tenant_id").s().equals(tenant))
                  .map(item -> item.get("request_id").s())
                  .toList());
    }
  }
}
