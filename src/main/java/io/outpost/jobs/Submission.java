package io.outpost.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.agents.OfferedAgents;
import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.job.JobBuilder;
import io.outpost.job.JobDetails;
import io.outpost.job.JobMessage;
import io.outpost.job.JobTransition;
import io.outpost.job.JobTransitions;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.kernel.Problem;
import io.outpost.store.Change;
import io.outpost.tenant.BillingPeriod;
import io.outpost.tenant.Principal;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.TenantSecret;
import io.outpost.tenant.Tier;
import io.outpost.usage.QuotaCounter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.ConditionCheck;

/** The steps of accepting a job. Stateless. */
@Component("submission")
@EnableConfigurationProperties(JobSettings.class)
public class Submission {

  private final ObjectMapper mapper;
  private final JobTransitions transitions;
  private final Names names;
  private final QuotaCounter quota;
  private final OfferedAgents offered;
  private final JobSettings settings;

  Submission(
      ObjectMapper mapper,
      JobTransitions transitions,
      Names names,
      QuotaCounter quota,
      OfferedAgents offered,
      JobSettings settings) {
    this.mapper = mapper;
    this.transitions = transitions;
    this.names = names;
    this.quota = quota;
    this.offered = offered;
    this.settings = settings;
  }

  /** What a client asks for. */
  record Wish(
      String agent,
      String command,
      String workspace,
      String priority,
      Integer timeoutSeconds,
      List<String> secrets,
      Map<String, String> labels) {}

  /** The job that the request asks for, pending. */
  public Job create(@Body JsonNode body, @ExchangeProperty(Call.NAME) Call call) {
    var wish = mapper.convertValue(body, Wish.class);
    return JobBuilder.builder()
        .jobId(Ids.ulid())
        .tenantId(call.principal().tenantId())
        .agent(wish.agent())
        .command(wish.command())
        .workspace(wish.workspace())
        .priority(wish.priority() == null ? "normal" : wish.priority())
        .timeoutSeconds(wish.timeoutSeconds() == null ? 3600 : wish.timeoutSeconds())
        .secrets(wish.secrets())
        .mode(call.principal().mode())
        .status(Job.Status.pending)
        .createdAt(Instant.now().truncatedTo(ChronoUnit.MILLIS))
        .waitingReason("queued")
        .labels(wish.labels())
        .build();
  }

  /** A new job with the input of another, pending; its mode is that of the key that asks. */
  public Job repeat(@Body Job job, @ExchangeProperty(Call.NAME) Call call) {
    return JobBuilder.builder()
        .jobId(Ids.ulid())
        .tenantId(job.tenantId())
        .agent(job.agent())
        .command(job.command())
        .workspace(job.workspace())
        .priority(job.priority())
        .timeoutSeconds(job.timeoutSeconds())
        .secrets(job.secrets())
        .mode(call.principal().mode())
        .status(Job.Status.pending)
        .createdAt(Instant.now().truncatedTo(ChronoUnit.MILLIS))
        .waitingReason("queued")
        .labels(job.labels())
        .rerunOf(job.jobId())
        .build();
  }

  /** Refuses a job whose agent no worker has; a test job is played by the demo agent. */
  public void requireAgent(@ExchangeProperty("job") Job job) {
    if (!job.isTest() && !offered.mayRun(job.agent())) {
      throw Problem.invalid(
          "agent", "no worker of this installation has " + job.agent() + " installed");
    }
  }

  /** Adds the job to the change, with what sweepers, lease and billing need of it. */
  public void put(
      @ExchangeProperty("job") Job job, @ExchangeProperty(Call.NAME) Call call, Exchange exchange) {
    var details =
        new JobDetails(
            call.principal().tier(),
            Json.time(period(call).start()),
            call.traceParent().orElse(null),
            call.requestId());
    var due = job.createdAt().plus(settings.resendAfter());
    var unused =
        transitions.add(Change.of(exchange), new JobTransition.Submitted(job, details, due));
    if (job.secrets() != null) {
      job.secrets().forEach(name -> require(name, job.tenantId(), Change.of(exchange)));
    }
  }

  /** A secret that a job names must be there when the job is accepted. */
  private void require(String secret, String tenantId, Change change) {
    change.check(
        ConditionCheck.builder()
            .tableName(names.table("tenants"))
            .key(Tenant.key(tenantId, TenantSecret.sk(secret)))
            .conditionExpression("attribute_exists(sk)"),
        old -> Problem.invalid("secrets", "there is no secret " + secret));
  }

  /** The message that tells workers of the job. */
  public JobMessage message(
      @ExchangeProperty("job") Job job, @ExchangeProperty(Call.NAME) Call call) {
    return new JobMessage(
        job.tenantId(), job.jobId(), job.priority(), call.traceParent().orElse(null), 0);
  }

  /** Whether the caller's tier counts its jobs; test jobs are counted nowhere. */
  public boolean hasQuota(@ExchangeProperty(Call.NAME) Call call) {
    return call.principal().mode().equals(Principal.LIVE)
        && call.principal().tier().quota().isPresent();
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
