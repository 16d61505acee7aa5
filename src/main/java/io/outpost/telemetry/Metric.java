package io.outpost.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * All metrics that Outpost defines. {@code docs/metrics.md} is generated from this list, and a test
 * fails for a metric that is missing here. A label has few values: never a tenant, a job, a key or
 * text from a caller.
 */
public enum Metric {
  HTTP_REQUESTS(
      "http.server.request.duration",
      Type.timer,
      "22, 28",
      "Answered requests and their duration; a request for no operation of the contract is `unknown`",
      "outpost.operation",
      "http.response.status_code"),
  HTTP_CALLS(
      "http.client.request.duration",
      Type.timer,
      "13, 14, 34",
      "Outgoing calls, each attempt: `peer.service` is `stripe` or `webhook`; the status is `2xx` and so on, or `none` without an answer",
      "peer.service",
      "http.response.status_class"),
  AUTH(
      "outpost.auth.duration",
      Type.timer,
      "18, 28",
      "The decision who a caller is: `accepted` or `refused`",
      "outcome"),
  OBJECTIVES_MEASURED(
      "outpost.objectives.measured",
      Type.counter,
      "1, 9, 18, 21, 28, 33, 34",
      "Cases that an [objective](objectives.md) of time counts: `auth`, `audit`, `dispatch`, `end-to-end`, `webhooks`",
      "objective"),
  OBJECTIVES_MISSED(
      "outpost.objectives.missed",
      Type.counter,
      "1, 9, 18, 21, 28, 33, 34",
      "Those of them that took longer than the objective",
      "objective"),
  AUTH_CACHE(
      "outpost.auth.cache",
      Type.counter,
      "18, 28",
      "Look-ups of API keys: found in the cache (`hit`), or read from the table (`miss`)",
      "outcome"),
  JOB_TRANSITIONS(
      "outpost.jobs.transitions",
      Type.counter,
      "1, 3, 7, 8",
      "Transitions of jobs, once written",
      "transition",
      "lane"),
  JOB_REFUSALS(
      "outpost.jobs.transitions.refused",
      Type.counter,
      "4, 9, 11",
      "Transitions that the job's state did not allow; `no_slot` and `workspace_busy` make a job wait",
      "reason"),
  ATTEMPTS_ENDED(
      "outpost.jobs.attempts.ended",
      Type.counter,
      "3, 7, 8",
      "Attempts that ended although the job had not: `worker-stops` (the worker handed it back), `platform-fault`, `worker-lost` (its lease ran out)",
      "reason"),
  JOBS_OPEN(
      "outpost.jobs.open",
      Type.gauge,
      "7, 10",
      "Jobs that have not ended, among the 800 that sweepers check next; `state` is `running` or the reason of the wait. Each worker measures, so take the largest value",
      "lane",
      "state"),
  JOBS_OLDEST(
      "outpost.jobs.waiting.age",
      Type.gauge,
      "9, 10",
      "Seconds since the time from which the oldest waiting one of them could have started; take the largest value",
      "lane",
      "reason"),
  JOBS_OVERDUE(
      "outpost.jobs.lease.overdue",
      Type.gauge,
      "3, 7",
      "Those of them that are running in the table although their lease has ended: their worker is lost, and no other has claimed them"),
  JOB_WAIT(
      "outpost.jobs.wait.duration",
      Type.timer,
      "9, 10",
      "From acceptance to the first claim",
      "lane"),
  JOB_START(
      "outpost.jobs.start.duration",
      Type.timer,
      "5, 9",
      "From the claim to the start of the agent's process",
      "lane"),
  JOB_RUN(
      "outpost.jobs.run.duration",
      Type.timer,
      "5",
      "From the claim to the end of the attempt that ended the job",
      "agent",
      "status"),
  JOB_WHOLE(
      "outpost.jobs.duration",
      Type.timer,
      "1",
      "From acceptance to the terminal state",
      "lane",
      "status"),
  DEAD_LETTERS(
      "outpost.dead.letters",
      Type.counter,
      "8",
      "Jobs that became dead letters: the last attempt failed (`platform-fault`), or its worker was lost (`worker-lost`)",
      "reason"),
  QUEUE_AGE(
      "outpost.queue.age",
      Type.timer,
      "7, 13, 21",
      "How long a received message had been in its queue: `jobs-<lane>`, `audit`, `stripe`",
      "queue"),
  QUEUE_MESSAGES(
      "outpost.queue.messages",
      Type.gauge,
      "10",
      "Approximate number of messages waiting in a lane's queue; each API container measures, so take the largest value",
      "queue"),
  AUDIT_LAG(
      "outpost.audit.lag",
      Type.timer,
      "21",
      "From a call or transition until its entry is in the table (`to` is `table`) and in the archive (`archive`)",
      "to"),
  AUDIT_OUTBOX_AGE(
      "outpost.audit.outbox.age",
      Type.gauge,
      "21",
      "Age in seconds of the oldest entry that was lost on its way to the queue and found by a worker"),
  AUDIT_RESENT(
      "outpost.audit.entries.resent",
      Type.counter,
      "21",
      "Entries that were lost on their way to the queue and sent again"),
  SPOOL(
      "outpost.audit.spool.batches",
      Type.gauge,
      "21",
      "Audit batches that wait on disk because the queue does not answer"),
  SPOOL_BYTES("outpost.audit.spool.bytes", Type.gauge, "21", "Their bytes"),
  STRIPE_CIRCUIT(
      "outpost.stripe.circuit",
      Type.gauge,
      "13, 14",
      "State of the circuit breaker for calls to Stripe: 0 calls are sent, 1 a few are sent as a test, 2 none are sent",
      "circuit"),
  USAGE_AGE(
      "outpost.billing.usage.age",
      Type.gauge,
      "14",
      "Seconds since the end of the oldest job that is not reported to Stripe; measured by the container that reports"),
  USAGE_REPORTED("outpost.billing.usage.reported", Type.counter, "14", "Jobs reported to Stripe"),
  USAGE_PARKED(
      "outpost.billing.usage.parked", Type.counter, "14", "Jobs whose report Stripe refused"),
  USAGE_DIFFERENCES(
      "outpost.billing.usage.differences",
      Type.counter,
      "14",
      "Differences found between Stripe's count and the ledger"),
  USAGE_REJECTED(
      "outpost.billing.usage.rejected",
      Type.counter,
      "14",
      "Reports that Stripe rejected afterwards"),
  USAGE_STOPPED(
      "outpost.billing.usage.stopped",
      Type.counter,
      "14",
      "Runs of the usage report that stopped early, because every report would fail"),
  BILLING_ALARMS(
      "outpost.billing.alarms",
      Type.counter,
      "14",
      "Alarms raised about billing, such as a revoked Stripe key"),
  ADDRESSES_REFUSED(
      "outpost.billing.addresses.refused",
      Type.counter,
      "13",
      "E-mail addresses of customers that Stripe refused"),
  QUOTA_NOTICES(
      "outpost.billing.quota.notices",
      Type.counter,
      "15",
      "Notices that a tenant has used 80 % or 100 % of its quota",
      "percent"),
  MESSAGES_UNKNOWN(
      "outpost.billing.messages.unknown",
      Type.counter,
      "35",
      "Queue messages about billing of a kind that only a newer release knows"),
  EVENTS_UNHANDLED(
      "outpost.billing.events.unhandled",
      Type.counter,
      "13",
      "Stripe events of types that no route handles"),
  EVENTS_FOREIGN(
      "outpost.billing.events.foreign",
      Type.counter,
      "13",
      "Stripe events about customers that are not tenants"),
  PRICES_UNKNOWN(
      "outpost.billing.prices.unknown",
      Type.counter,
      "13",
      "Subscriptions to a price that belongs to no tier"),
  WEBHOOKS_REFUSED(
      "outpost.billing.webhooks.refused",
      Type.counter,
      "13",
      "Refused calls of the Stripe webhook",
      "why"),
  MONEY_EVENTS(
      "outpost.billing.events.money",
      Type.counter,
      "13",
      "Stripe events that operators get a notice of: disputes, refunds, payments that need action",
      "type"),
  INVOICES_DIFFERENCES(
      "outpost.billing.invoices.differences",
      Type.counter,
      "30",
      "Lines of final invoices that differ from the ledger"),
  USAGE_LATE(
      "outpost.billing.usage.late",
      Type.counter,
      "30",
      "Jobs that were reported too late for their invoice and became items of the next one"),
  WEBHOOKS_DELIVERED(
      "outpost.webhooks.delivered", Type.counter, "34", "Deliveries that an endpoint accepted"),
  WEBHOOKS_POSTPONED(
      "outpost.webhooks.postponed",
      Type.counter,
      "34",
      "Deliveries that failed and will be tried again"),
  WEBHOOKS_GIVEN_UP(
      "outpost.webhooks.given.up",
      Type.counter,
      "34",
      "Deliveries that failed and will not be tried again"),
  WEBHOOKS_LATE(
      "outpost.webhooks.late",
      Type.gauge,
      "34",
      "Seconds for which the oldest due event or endpoint has been waiting for a worker"),
  RECEIPT_KEYS_UNREADABLE(
      "outpost.receipts.keys.unreadable", Type.counter, "29", "Failed reads of a key of receipts"),
  SLOTS("outpost.worker.slots", Type.gauge, "10", "Jobs that this worker can run at once"),
  SLOTS_USED("outpost.worker.slots.used", Type.gauge, "10", "Jobs that this worker runs now"),
  DISK_FREE(
      "outpost.worker.disk.free",
      Type.gauge,
      "17, 27",
      "Free bytes on the disk with the jobs' directories"),
  MEMORY_FREE(
      "outpost.worker.memory.free", Type.gauge, "17, 27", "Free bytes of memory in the container"),
  SLOTS_DIRTY(
      "outpost.worker.slots.dirty",
      Type.gauge,
      "25",
      "Slots out of service, because a job's leftovers cannot be removed"),
  ROUTE_FAILURES(
      "outpost.route.failures", Type.counter, "32", "Failed steps of routes", "route", "step"),
  ROUTES_RELOADS(
      "outpost.routes.reloads", Type.counter, "32", "Reloads of the mounted routes", "outcome"),
  WATCH_DROPPED(
      "outpost.routes.watch.dropped",
      Type.counter,
      "32",
      "Messages that an interception of an installation's routes did not see, because too many were in it"),
  LINES_COLLAPSED(
      "outpost.log.lines.collapsed",
      Type.counter,
      "22",
      "Warnings and errors that were not logged, but counted in a summary");

  /**
   * The types of metrics. A timer consists of a count, a sum of seconds, and a bucket for each
   * bound.
   */
  public enum Type {
    counter,
    timer,
    gauge
  }

  /** The upper bounds of a timer's buckets, as objectives and dashboards need them. */
  private static final Duration[] OBJECTIVES = {
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(200),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(30),
    Duration.ofMinutes(5),
    Duration.ofHours(1)
  };

  private final String id;
  private final Type type;
  private final String promises;
  private final String text;
  private final List<String> labels;

  Metric(String id, Type type, String promises, String text, String... labels) {
    this.id = id;
    this.type = type;
    this.promises = promises;
    this.text = text;
    this.labels = List.of(labels);
  }

  /** The metric's name in OpenTelemetry's form. */
  public String id() {
    return id;
  }

  /** The metric's type. */
  public Type type() {
    return type;
  }

  /** The names of the metric's labels. */
  public List<String> labels() {
    return labels;
  }

  /** The numbers of the promises that the metric watches; see {@code docs/promises.md}. */
  public String promises() {
    return promises;
  }

  /** What the metric means, for {@code docs/metrics.md}. */
  public String text() {
    return text;
  }

  /** The counter with these values of the labels, in the order of the labels. */
  public Counter counter(MeterRegistry meters, String... values) {
    return meters.counter(id, tags(values));
  }

  /** The timer with these values of the labels, in the order of the labels. */
  public Timer timer(MeterRegistry meters, String... values) {
    return Timer.builder(id).tags(tags(values)).serviceLevelObjectives(OBJECTIVES).register(meters);
  }

  /**
   * A gauge that is set from time to time, with these values of the labels, in the order of the
   * labels.
   */
  public Reading reading(MeterRegistry meters, String... values) {
    var reading = new Reading();
    gauge(meters, reading::value, values);
    return reading;
  }

  /** Registers a gauge whose value is asked for at each export. */
  public void gauge(MeterRegistry meters, Supplier<Number> value, String... values) {
    Gauge.builder(id, value).tags(tags(values)).strongReference(true).register(meters);
  }

  private Tags tags(String... values) {
    var tags = Tags.empty();
    for (int i = 0; i < labels.size(); i++) {
      tags = tags.and(labels.get(i), values[i]);
    }
    return tags;
  }
}
