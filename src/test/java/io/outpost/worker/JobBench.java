package io.outpost.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.agents.AgentCatalogue;
import io.outpost.aws.Names;
import io.outpost.http.Call;
import io.outpost.http.Calls;
import io.outpost.job.Job;
import io.outpost.job.JobMessage;
import io.outpost.job.JobQueue;
import io.outpost.job.TransitionRefused;
import io.outpost.jobs.Cancellation;
import io.outpost.jobs.Submission;
import io.outpost.kernel.Ids;
import io.outpost.local.LocalOutpost;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import io.outpost.tenant.BillingTerms;
import io.outpost.tenant.Principal;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import io.outpost.worker.agent.AgentLaunch;
import io.outpost.worker.agent.AgentLauncher;
import io.outpost.worker.agent.AgentProcess;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.support.DefaultExchange;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Calls the steps of a job's life one by one, as the routes do, for a tenant of its own, so that a
 * test decides what happens between them or at the same time. The jobs have no message in a queue,
 * so no worker takes them. Thread-safe.
 */
final class JobBench {

  private static final Duration LONGEST_RUN = Duration.ofMinutes(10);

  private final LocalOutpost outpost;
  private final Principal caller;

  JobBench(LocalOutpost outpost, Tier tier) {
    this.outpost = outpost;
    this.caller =
        new Principal(
            UUID.randomUUID().toString(),
            "key",
            "key",
            "live",
            Set.of(),
            1000,
            new BillingTerms(tier, Instant.EPOCH, null),
            null,
            Tenant.Status.active,
            null);
  }

  /** One delivery of a job's message, and the steps of its worker after it. */
  record Delivery(JobBench bench, Exchange exchange, Claims.Decision decision) {

    boolean runs() {
      return decision == Claims.Decision.run;
    }

    Run run() {
      return exchange.getProperty("run", Run.class);
    }

    /** Writes the end of a job whose agent has ended with 0. */
    void finish(AgentProcess agent) {
      run().started(agent);
      bench.bean(Leases.class).finish(run(), exchange);
    }

    void heartbeat() {
      bench.bean(Leases.class).keep(run());
    }

    void abandon() {
      bench.bean(Leases.class).abandon(run());
    }

    void handBack() {
      bench.bean(Leases.class).release(run(), exchange);
    }

    void fail() {
      bench.bean(Leases.class).retry(run(), exchange);
    }
  }

  /** An agent's process that has ended with 0. */
  static AgentProcess endedAgent(LocalOutpost outpost) throws Exception {
    return endedAgent(outpost, "Say hello");
  }

  /** An agent's process that has ended with 0 after this task. */
  static AgentProcess endedAgent(LocalOutpost outpost, String task) throws Exception {
    var settings = outpost.context().getBean(WorkerSettings.class);
    var agent = outpost.context().getBean(AgentCatalogue.class).find("claude").orElseThrow();
    var launcher = outpost.context().getBean(AgentLauncher.class);
    // Not one of the worker's slots, because the worker kills all processes of a slot before
    // it uses it.
    var files = launcher.open(Ids.unguessable(), settings.slots());
    var process =
        launcher.start(new AgentLaunch(agent, task, files, Map.of(), Map.of(), LONGEST_RUN));
    if (!process.awaitChange(LONGEST_RUN)) {
      throw new IllegalStateException("The agent does not end");
    }
    if (!process.result().succeeded()) {
      throw new IllegalStateException("The agent failed: " + process.result());
    }
    return process;
  }

  Job submit() {
    return submit("Say hello", true);
  }

  Job submitBeyondQuota() {
    return submit("Say hello", false);
  }

  /** Submits a job without checking the quota and sends its message, so that a worker takes it. */
  Job enqueue(String command) throws JsonProcessingException {
    var job = submit(command, false);
    bean(JobQueue.class).send("jobs-" + job.priority(), message(job), null);
    return job;
  }

  private Job submit(String command, boolean counted) {
    var submission = bean(Submission.class);
    var exchange = exchange();
    var call = Calls.of(caller);
    var body = new ObjectMapper().createObjectNode().put("agent", "claude").put("command", command);
    var job = submission.create(body, call);
    submission.put(job, call, exchange);
    if (counted) {
      submission.count(job, call, exchange);
    }
    bean(Transactions.class).write(Change.of(exchange));
    return job;
  }

  Delivery deliver(Job job) {
    var exchange = exchange();
    return new Delivery(this, exchange, bean(Claims.class).claim(message(job), exchange));
  }

  /** The decision about the job's message after SQS has moved it to the dead-letter queue. */
  String judge(Job job) {
    return bean(DeadLetters.class).judge(message(job), exchange());
  }

  void bury(Job job) {
    bean(DeadLetters.class).bury(job, exchange());
  }

  private static JobMessage message(Job job) {
    return new JobMessage(job.tenantId(), job.jobId(), job.priority(), null, 0);
  }

  /** Cancels as the route does, and retries when the job's state has changed meanwhile. */
  Job cancel(Job job) {
    var call = Calls.of(caller);
    while (true) {
      var exchange = exchange();
      try {
        exchange.setProperty(Call.NAME, call);
        var change = new Change();
        var cancelled = bean(Cancellation.class).addTo(change, job.jobId(), call, exchange);
        bean(Transactions.class).write(change);
        return cancelled;
      } catch (TransitionRefused e) {
        // The state has changed; try again.
      }
    }
  }

  /** Moves the job's lease into the past, as if the worker had been silent. */
  void leaseEnds(Job job) {
    var past = Items.text("2000-01-01T00:00:00.000Z");
    dynamoDb()
        .updateItem(
            u ->
                u.tableName(table("jobs"))
                    .key(Job.key(job.tenantId(), job.jobId()))
                    .updateExpression("SET lease_until = :past")
                    .expressionAttributeValues(Map.of(":past", past)));
    var leases = new HashSet<>(slots().keySet());
    leases.removeIf(name -> !name.startsWith("lease_"));
    for (var lease : leases) {
      dynamoDb()
          .updateItem(
              u ->
                  u.tableName(table("tenants"))
                      .key(Tenant.key(caller.tenantId(), "slots"))
                      .updateExpression("SET #lease = :past")
                      .expressionAttributeNames(Map.of("#lease", lease))
                      .expressionAttributeValues(Map.of(":past", past)));
    }
  }

  Job read(Job job) {
    var item =
        dynamoDb()
            .getItem(
                g ->
                    g.tableName(table("jobs"))
                        .key(Job.key(job.tenantId(), job.jobId()))
                        .consistentRead(true))
            .item();
    return bean(Items.class).read(item, Job.class);
  }

  /** The jobs in the ledger, one for each entry. */
  List<String> ledger() {
    return query("usage", "ledger#").stream().map(entry -> entry.get("job_id").s()).toList();
  }

  /** The number of jobs that count against the quota. */
  int counted() {
    return query("usage", "period#").stream()
        .mapToInt(i -> Integer.parseInt(i.get("used").n()))
        .sum();
  }

  /** The number of the tenant's slots in use. */
  int slotsTaken() {
    var used = slots().get("used");
    return used == null ? 0 : Integer.parseInt(used.n());
  }

  /** A job's transitions in the audit, oldest first; a cancellation with the state before it. */
  List<String> transitions(Job job) {
    return transitions().getOrDefault(job.jobId(), List.of());
  }

  /** The transitions of every job, by job id. */
  Map<String, List<String>> transitions() {
    return query("audit", "2").stream()
        .collect(
            Collectors.groupingBy(
                entry -> entry.get("resource").s().substring("/jobs/".length()),
                Collectors.mapping(JobBench::transition, Collectors.toList())));
  }

  private static String transition(Map<String, AttributeValue> entry) {
    var was = entry.get("metadata").m().get("was");
    return entry.get("action").s() + (was == null ? "" : " " + was.s());
  }

  <T> T bean(Class<T> type) {
    return outpost.context().getBean(type);
  }

  private Map<String, AttributeValue> slots() {
    return dynamoDb()
        .getItem(
            g ->
                g.tableName(table("tenants"))
                    .key(Tenant.key(caller.tenantId(), "slots"))
                    .consistentRead(true))
        .item();
  }

  private List<Map<String, AttributeValue>> query(String table, String prefix) {
    Map<String, AttributeValue> values =
        Map.of(":tenant", Items.text(caller.tenantId()), ":prefix", Items.text(prefix));
    return dynamoDb()
        .queryPaginator(
            q ->
                q.tableName(table(table))
                    .keyConditionExpression("tenant_id = :tenant AND begins_with(sk, :prefix)")
                    .consistentRead(true)
                    .expressionAttributeValues(values))
        .items()
        .stream()
        .toList();
  }

  private String table(String name) {
    return bean(Names.class).table(name);
  }

  private DynamoDbClient dynamoDb() {
    return bean(DynamoDbClient.class);
  }

  private Exchange exchange() {
    return new DefaultExchange(bean(CamelContext.class));
  }
}
