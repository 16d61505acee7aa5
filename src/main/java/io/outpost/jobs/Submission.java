package io.outpost.jobs;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outpost.agents.Agent;
import io.outpost.agents.AgentCatalogue;
import io.outpost.agents.OfferedAgents;
import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.job.Job;
import io.outpost.job.JobDetails;
import io.outpost.job.JobFeature;
import io.outpost.job.JobMessage;
import io.outpost.job.JobTransition;
import io.outpost.job.JobTransitions;
import io.outpost.job.Repository;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Json;
import io.outpost.kernel.Problem;
import io.outpost.store.Change;
import io.outpost.tenant.BillingPeriod;
import io.outpost.tenant.BillingTerms;
import io.outpost.tenant.Principal;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.TenantSecret;
import io.outpost.tenant.Tier;
import io.outpost.usage.QuotaCounter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.ConditionCheck;

/** The steps of accepting a job. Stateless. */
@Component("submission")
@EnableConfigurationProperties(JobSettings.class)
public class Submission {

  private static final int MILLIONTHS = 6;
  private static final int USUAL_TIMEOUT = 3600;
  private static final Duration LATEST_START = Duration.ofDays(30);

  private final ObjectMapper mapper;
  private final JobTransitions transitions;
  private final Names names;
  private final QuotaCounter quota;
  private final OfferedAgents offered;
  private final AgentCatalogue agents;
  private final JobSettings settings;
  private final ReachableRepositories reachable;

  Submission(
      ObjectMapper mapper,
      JobTransitions transitions,
      Names names,
      QuotaCounter quota,
      OfferedAgents offered,
      AgentCatalogue agents,
      JobSettings settings,
      ReachableRepositories reachable) {
    this.mapper = mapper;
    this.transitions = transitions;
    this.names = names;
    this.quota = quota;
    this.offered = offered;
    this.agents = agents;
    this.settings = settings;
    this.reachable = reachable;
  }

  /**
   * The pending job of the request. Every field that the contract allows in a request is copied by
   * name, so a new field needs no code here; then the fields that clients must not set are added.
   */
  public Job create(@Body JsonNode body, @ExchangeProperty(Call.NAME) Call call) {
    var now = Instant.now().truncatedTo(ChronoUnit.MILLIS);
    var fields = body.<ObjectNode>deepCopy();
    fields
        .put("job_id", Ids.ulid())
        .put("tenant_id", call.principal().tenantId())
        .put("mode", call.principal().mode())
        .put("status", Job.Status.pending.name())
        .put("attempts", 0)
        .put("created_at", Json.time(now));
    if (!fields.hasNonNull("priority")) {
      fields.put("priority", "normal");
    }
    if (!fields.hasNonNull("timeout_seconds")) {
      fields.put("timeout_seconds", USUAL_TIMEOUT);
    }
    var job = mapper.convertValue(fields, Job.class);
    var start = startOf(job, now);
    checkCost(job);
    checkRepository(job);
    return job.with()
        .startAfter(start)
        .waitingReason(start != null && start.isAfter(now) ? Job.SCHEDULED : "queued")
        .build();
  }

  private void checkRepository(Job job) {
    var repository = job.repository();
    if (repository != null) {
      checkWay(repository);
      if (reachable.isSsh(repository)) {
        checkSsh(repository);
      }
      checkName("repository.ref", repository.ref());
      checkPush(repository);
    }
  }

  private void checkWay(@Nullable Repository repository) {
    if (!reachable.reach(repository)) {
      throw Problem.invalid(
          "repository.url",
          "must be an https address, with a token as repository.secret: this installation reaches"
              + " no repository by ssh");
    }
  }

  /**
   * Checks the limits of ssh repositories: they need a secret, and have neither LFS files nor pull
   * requests.
   */
  private static void checkSsh(Repository repository) {
    if (repository.secret() == null) {
      throw Problem.invalid(
          "repository.secret",
          "is required for ssh: a private key followed by known_hosts lines, in base64");
    }
    if (Boolean.TRUE.equals(repository.lfs())) {
      throw Problem.invalid("repository.lfs", "needs an https address");
    }
    if (repository.push() != null && Boolean.TRUE.equals(repository.push().pullRequest())) {
      throw Problem.invalid("repository.push.pull_request", "needs an https address");
    }
  }

  private static void checkPush(Repository repository) {
    var push = repository.push();
    if (push == null) {
      return;
    }
    checkName("repository.push.branch", push.branch());
    if (Boolean.TRUE.equals(push.pullRequest()) && repository.secret() == null) {
      throw Problem.invalid(
          "repository.push.pull_request",
          "needs repository.secret, a token that may open pull requests");
    }
  }

  /** Checks git's rules for names that the contract's pattern does not express. */
  private static void checkName(String field, @Nullable String name) {
    if (name != null
        && (name.contains("..")
            || name.contains("//")
            || name.contains("/.")
            || name.contains("@{")
            || name.endsWith("/")
            || name.endsWith(".")
            || name.contains(".lock/")
            || name.endsWith(".lock"))) {
      throw Problem.invalid(field, "is not a name that git accepts");
    }
  }

  private static void checkCost(Job job) {
    var most = job.maxCostUsd();
    if (most != null && most.stripTrailingZeros().scale() > MILLIONTHS) {
      throw Problem.invalid("max_cost_usd", "must have at most 6 decimal places");
    }
  }

  private static @Nullable Instant startOf(Job job, Instant now) {
    var start = job.startAfter();
    if (start == null) {
      return null;
    }
    if (start.isAfter(now.plus(LATEST_START))) {
      throw Problem.invalid("start_after", "must be at most 30 days ahead");
    }
    return start.truncatedTo(ChronoUnit.MILLIS);
  }

  /**
   * A new job with the input of another, to start at once. Its mode is that of the caller's key,
   * but the rerun of a test job is always a test job.
   */
  public Job repeat(@Body Job job, @ExchangeProperty(Call.NAME) Call call) {
    checkWay(job.repository());
    var mode = job.isTest() ? job.mode() : call.principal().mode();
    return job.repeated(Ids.ulid(), mode, Instant.now().truncatedTo(ChronoUnit.MILLIS));
  }

  /**
   * A new job that continues the conversation of an ended one, in its workspace.
   *
   * @throws Problem 409 when the conversation cannot be continued
   */
  public Job goOn(
      @ExchangeProperty("continued") Job job,
      @Body JsonNode body,
      @ExchangeProperty(Call.NAME) Call call) {
    var agent = agents.find(job.agent());
    if (agent.isEmpty() || agent.get().conversation() == null) {
      throw conflict("The agent %s cannot continue a conversation.".formatted(job.agent()));
    }
    if (job.workspace() == null) {
      throw conflict("The job had no workspace, so its conversation was not kept.");
    }
    if (!job.status().isTerminal()) {
      throw conflict("The job has not ended: it is %s.".formatted(job.status()));
    }
    var isPlayed = job.isTest() || !agent.get().original();
    if (job.startedAt() == null || (job.conversation() == null && !isPlayed)) {
      throw conflict("The job has no conversation, because its agent did not begin one.");
    }
    return repeat(job, call)
        .with()
        .rerunOf(null)
        .inputs(null) // the workspace has them already
        .command(body.get("command").asText())
        .continues(job.jobId())
        .conversation(job.conversation())
        .build();
  }

  private static Problem conflict(String why) {
    return new Problem(Problem.Code.CONFLICT, why);
  }

  /**
   * Refuses a job whose agent no worker has (except test jobs, which the demo agent plays), and an
   * agent that does not take the model or does not keep to a cost limit.
   */
  public void requireAgent(@ExchangeProperty("job") Job job) {
    requireFeatures(job);
    if (!job.isTest() && !offered.mayRun(job.agent())) {
      throw Problem.invalid(
          "agent", "no worker of this installation has " + job.agent() + " installed");
    }
    var agent =
        agents
            .find(job.agent())
            .orElseThrow(() -> Problem.invalid("agent", "there is no agent " + job.agent()));
    if (job.model() != null && !agent.allows(job.model())) {
      throw Problem.invalid(
          "model", agent.name() + " takes " + String.join(", ", agent.allowedModels()));
    }
    if (job.maxCostUsd() != null && !agent.keepsToCost()) {
      var others = agents.all().stream().filter(Agent::keepsToCost).map(Agent::name).toList();
      throw Problem.invalid(
          "max_cost_usd",
          agent.name() + " does not report its cost; " + String.join(", ", others) + " would");
    }
  }

  /** Refuses jobs with options that a worker of the previous release would ignore. */
  private void requireFeatures(Job job) {
    for (var feature : JobFeature.of(job)) {
      if (!job.isTest() && !offered.allKnow(feature.name())) {
        throw Problem.unavailable(
            ("Workers are being replaced, and some that take jobs do not know %s;"
                    + " try again in some minutes.")
                .formatted(feature.words()));
      }
    }
  }

  /** Refuses the job with the field and the reason that a rule of this installation gives. */
  public void refuse(
      @ExchangeProperty("field") String field, @ExchangeProperty("refusal") String reason) {
    throw Problem.invalid(field, reason);
  }

  /** Adds the job to the change, with what sweepers, workers and billing need to know. */
  public void put(
      @ExchangeProperty("job") Job job, @ExchangeProperty(Call.NAME) Call call, Exchange exchange) {
    var details =
        new JobDetails(
            call.principal().tier(),
            Json.time(period(call).start()),
            call.traceParent().orElse(null),
            call.requestId(),
            call.principal().keyId(),
            counted(job, call),
            call.callerTrace().orElse(null));
    var start = job.startAfter();
    var due =
        job.isScheduled() && start != null ? start : job.createdAt().plus(settings.resendAfter());
    var unused =
        transitions.add(Change.of(exchange), new JobTransition.Submitted(job, details, due));
    if (job.secrets() != null) {
      job.secrets().forEach(name -> require("secrets", name, job.tenantId(), Change.of(exchange)));
    }
    // A transaction may contain each condition only once, so the repository's secret is checked
    // only if it is not among the others.
    var opening = job.repository() == null ? null : job.repository().secret();
    if (opening != null && (job.secrets() == null || !job.secrets().contains(opening))) {
      require("repository.secret", opening, job.tenantId(), Change.of(exchange));
    }
  }

  /** Checks that a secret that the job names exists. */
  private void require(String field, String secret, String tenantId, Change change) {
    change.check(
        ConditionCheck.builder()
            .tableName(names.table("tenants"))
            .key(Tenant.key(tenantId, TenantSecret.sk(secret)))
            .conditionExpression("attribute_exists(sk)"),
        old -> Problem.invalid(field, "there is no secret " + secret));
  }

  /** The queue message of the job. */
  public JobMessage message(
      @ExchangeProperty("job") Job job, @ExchangeProperty(Call.NAME) Call call) {
    return new JobMessage(
        job.tenantId(), job.jobId(), job.priority(), call.traceParent().orElse(null), 0);
  }

  /** Counts the job in its period, on condition that the limit is not reached. */
  public void count(
      @ExchangeProperty("job") Job job, @ExchangeProperty(Call.NAME) Call call, Exchange exchange) {
    var tenantId = call.principal().tenantId();
    var period = period(call);
    var start = Json.time(period.start());
    var limit = call.principal().terms().limit();
    if (counted(job, call).equals(JobDetails.SPREAD)) {
      Change.of(exchange).update(quota.countSpread(tenantId, start, job.jobId()));
    } else {
      var left = limit.orElseThrow().jobs() - acceptedUncapped(call.principal(), period);
      Change.of(exchange)
          .update(
              quota.count(tenantId, start, left),
              old -> overQuota(call.principal().tier(), limit.orElseThrow(), period));
    }
  }

  /** Whether the job counts against a limit. */
  public boolean isLimited(
      @ExchangeProperty("job") Job job, @ExchangeProperty(Call.NAME) Call call) {
    return counted(job, call).equals(JobDetails.ONE);
  }

  /**
   * The number of jobs in this period that were accepted while the tenant had no limit. They count
   * against the limit that it has now.
   */
  private long acceptedUncapped(Principal caller, BillingPeriod period) {
    var until = caller.uncappedUntil();
    return until == null || until.isBefore(period.start())
        ? 0
        : quota.spread(caller.tenantId(), Json.time(period.start()));
  }

  private static String counted(Job job, Call call) {
    if (job.isTest()) {
      return JobDetails.NONE;
    }
    return call.principal().terms().limit().isPresent() ? JobDetails.ONE : JobDetails.SPREAD;
  }

  private static BillingPeriod period(Call call) {
    return call.principal().terms().period(call.arrived());
  }

  private static Problem overQuota(Tier tier, BillingTerms.Limit limit, BillingPeriod period) {
    var detail =
        limit.own()
            ? "monthly_job_limit, the tenant's own limit, allows %d jobs until %s;"
                + " raise it with PATCH /tenants/{tenant_id}."
            : "The tier "
                + tier.word()
                + " allows %d jobs until %s; move up with POST /billing/checkout.";
    return new Problem(
        Problem.Code.QUOTA_EXCEEDED, detail.formatted(limit.jobs(), Json.time(period.end())));
  }
}
