package io.outpost.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.agents.OfferedAgents;
import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.kernel.Problem;
import io.outpost.kernel.Shards;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.tenant.BillingPeriod;
import io.outpost.tenant.Tier;
import io.outpost.usage.QuotaCounter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.Put;

/** The steps of accepting a job. Stateless. */
@Component("submission")
@EnableConfigurationProperties(JobSettings.class)
public class Submission {

  private final ObjectMapper mapper;
  private final Items items;
  private final Names names;
  private final QuotaCounter quota;
  private final OfferedAgents offered;
  private final JobSettings settings;

  Submission(
      ObjectMapper mapper,
      Items items,
      Names names,
      QuotaCounter quota,
      OfferedAgents offered,
      JobSettings settings) {
    this.mapper = mapper;
    this.items = items;
    this.names = names;
    this.quota = quota;
    this.offered = offered;
    this.settings = settings;
  }

  /** What a client asks for. */
  record Wish(
      String agent, String command, String workspace, String priority, Integer timeoutSeconds) {}

  /** The job that the request asks for, pending. */
  public Job create(@Body JsonNode body, @ExchangeProperty(Call.NAME) Call call) {
    var wish = mapper.convertValue(body, Wish.class);
    return new Job(
        Ids.ulid(),
        call.principal().tenantId(),
        wish.agent(),
        wish.command(),
        wish.workspace(),
        wish.priority() == null ? "normal" : wish.priority(),
        wish.timeoutSeconds() == null ? 3600 : wish.timeoutSeconds(),
        Job.Status.pending,
        0,
        Instant.now().truncatedTo(ChronoUnit.MILLIS),
        null,
        null,
        null,
        null,
        "queued",
        null,
        null);
  }

  /** Refuses a job whose agent no worker has. */
  public void requireAgent(@ExchangeProperty("job") Job job) {
    if (!offered.mayRun(job.agent())) {
      throw Problem.invalid(
          "agent", "no worker of this installation has " + job.agent() + " installed");
    }
  }

  /** Adds the job to the change, with what sweepers, lease and billing need of it. */
  public void put(
      @ExchangeProperty("job") Job job, @ExchangeProperty(Call.NAME) Call call, Exchange exchange) {
    var item = items.write(job);
    var due = job.createdAt().plus(settings.resendAfter());
    item.put("status_job", Items.text(Job.statusKey(job.status(), job.jobId())));
    item.put("open_shard", Items.text(Shards.of("open", job.jobId())));
    item.put("open_due", Items.text(Json.time(due)));
    item.put("tier", Items.text(call.principal().tier().word()));
    item.put("billing_period", Items.text(Json.time(period(call).start())));
    item.put("request_id", Items.text(call.requestId()));
    call.traceParent().ifPresent(trace -> item.put("trace_parent", Items.text(trace)));
    Change.of(exchange)
        .put(
            Put.builder()
                .tableName(names.table("jobs"))
                .item(item)
                .conditionExpression("attribute_not_exists(job_id)"),
            old -> new Problem(Problem.Code.CONFLICT, "Try again."));
  }

  /** Whether the caller's tier counts its jobs. */
  public boolean hasQuota(@ExchangeProperty(Call.NAME) Call call) {
    return call.principal().tier().quota().isPresent();
  }

  /** Adds the job to the period's count, which must stay within the tier's quota. */
  public void count(@ExchangeProperty(Call.NAME) Call call, Exchange exchange) {
    var tier = call.principal().tier();
    var period = period(call);
    var write =
        quota.count(
            call.principal().tenantId(), Json.time(period.start()), tier.quota().orElseThrow());
    Change.of(exchange).update(write, old -> overQuota(tier, period));
  }

  private static BillingPeriod period(Call call) {
    return BillingPeriod.at(call.principal().billingAnchor(), call.arrived());
  }

  private static Problem overQuota(Tier tier, BillingPeriod period) {
    return new Problem(
        Problem.Code.QUOTA_EXCEEDED,
        "The tier %s allows %d jobs until %s; move up with POST /billing/checkout."
            .formatted(tier.word(), tier.quota().orElseThrow(), Json.time(period.end())));
  }
}
