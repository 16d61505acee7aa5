package io.outpost.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.aws.Names;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.job.Job;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * An API that makes no spans keeps a caller's trace context for the caller's own agent, and never
 * as one of ours: its flag would have a worker, the webhooks and Stripe's reports trace each of the
 * caller's jobs.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class CallersTraceTest {

  private static final String SENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

  private final LocalOutpost outpost;
  private final Customer customer;

  CallersTraceTest(LocalOutpost outpost) {
    this.outpost = outpost;
    this.customer =
        Customer.of(Client.of(outpost.address()).with(outpost.adminKey()), "enterprise");
  }

  @Test
  void whatACallerSaysOfSamplingIsNoWordOfOurs() {
    var job = submit(SENT);
    assertThat(item(job)).doesNotContainKey("trace_parent").containsEntry("caller_trace", text());
  }

  @Test
  void aContextThatIsNoneIsNotKept() {
    assertThat(item(submit("00-" + "0".repeat(32) + "-b7ad6b7169203331-01")))
        .doesNotContainKeys("trace_parent", "caller_trace");
  }

  private String submit(String traceParent) {
    var client = customer.client();
    var body = "{\"agent\":\"claude\",\"command\":\"Say hello\"}";
    var job = client.json("POST", "/jobs", body, "traceparent", traceParent).text("job_id");
    client.ended(job);
    return job;
  }

  private Map<String, AttributeValue> item(String job) {
    var table = outpost.context().getBean(Names.class).table("jobs");
    return outpost
        .context()
        .getBean(DynamoDbClient.class)
        .getItem(g -> g.tableName(table).key(Job.key(customer.tenantId(), job)))
        .item();
  }

  private static AttributeValue text() {
    return AttributeValue.fromS(SENT);
  }
}
