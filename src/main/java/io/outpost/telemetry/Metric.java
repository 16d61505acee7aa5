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
 * Every metric of our own; {@code docs/metrics.md} is made from this list, and a test fails for a
 * metric that is not on it. A label has few values: never a tenant, a job, a key or a text of a
 * caller.
 */
public enum Metric {
  HTTP_REQUESTS(
      "http.server.request.duration",
      Type.timer,
      "22, 28",
      "Answered requests, and how long they took; what is no operation is `unknown`",
      "outpost.operation",
      "http.response.status_code"),
  HTTP_CALLS(
      "http.client.request.duration",
      Type.timer,
      "13, 14, 34",
      "Calls that we make, each attempt: `peer.service` is `stripe` or `webhook`, the status `2xx` and so on, or `none` without an answer",
      "peer.service",
      "http.response.status_class"),
  AUTH(
      "outpost.auth.duration",
      Type.timer,
      "18, 28",
      "Finding out who calls: `accepted` or `refused`",
      "outcome"),
  OBJECTIVES_MEASURED(
      "outpost.objectives.measured",
      Type.counter,
      "1, 9, 18, 21, 28, 33, 34",
      "What an [objective](objectives.md) is held to: `auth`, `audit`, `dispatch`, `end-to-end`, `webhooks`",
      "objective"),
  OBJECTIVES_MISSED(
      "outpost.objectives.missed",
      Type.counter,
      "1, 9, 18, 21, 28, 33, 34",
      "What of it took longer",
      "objective"),
  AUTH_CACHE(
      "outpost.auth.cache",
      Type.counter,
      "18, 28",
      "Keys that were known (`hit`), and that had to be looked up (`miss`)",
      "outcome"),
  JOB_TRANSITIONS(
      "outpost.jobs.transitions",
      Type.counter,
      "1, 3, 7, 8",
      "Transitions of jobs that were written",
      "transition",
      "lane"),
  JOB_REFUSALS(
      "outpost.jobs.transitions.refused",
      Type.counter,
      "4, 9, 11",
      "Transitions that could not be; `no_slot` and `workspace_busy` make a job wait",
      "reason"),
  ATTEMPTS_ENDED(
      "outpost.jobs.attempts.ended",
      Type.counter,
      "3, 7, 8",
      "Attempts that ended without an end of the job: `worker-stops` (it was handed back), `platform-fault`, `worker-lost` (its lease ran out)",
      "reason"),
  JOBS_OPEN(
      "outpost.jobs.open",
      Type.gauge,
      "7, 10",
      "Jobs that have not ended, running or by why they wait, of the 800 that sweepers look at next; each worker measures, so take the largest",
      "lane",
      "state"),
  JOBS_OLDEST(
      "outpost.jobs.waiting.age",
      Type.gauge,
      "9, 10",
      "Seconds since the oldest of these that waits could have started; the same",
      "lane",
      "reason"),
  JOBS_OVERDUE(
      "outpost.jobs.lease.overdue",
      Type.gauge,
      "3, 7",
      "Of these, jobs that run by the table and whose lease is over: their worker is lost, and nobody has taken them"),
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
      "Messages of a lane that wait to be received, about; each API container measures, so take the largest",
      "queue"),
  AUDIT_LAG(
      "outpost.audit.lag",
      Type.timer,
      "21",
      "From a call or transition to its entry in the table, and in the archive",
      "to"),
  AUDIT_OUTBOX_AGE(
      "outpost.audit.outbox.age",
      Type.gauge,
      "21",
      "Seconds since the first of the entries that a worker found lost on their way to the queue"),
  AUDIT_RESENT(
      "outpost.audit.entries.resent",
      Type.counter,
      "21",
      "Entries that were lost on their way to the queue, and were sent again"),
  SPOOL("outpost.audit.spool.batches", Type.gauge, "21", "Audit batches that wait on disk"),
  SPOOL_BYTES("outpost.audit.spool.bytes", Type.gauge, "21", "Their bytes"),
  STRIPE_CIRCUIT(
      "outpost.stripe.circuit",
      Type.gauge,
      "13, 14",
      "Whether calls are sent to Stripe: 0 they are, 1 a few to see, 2 they are not",
      "circuit"),
  USAGE_AGE(
      "outpost.billing.usage.age",
      Type.gauge,
      "14",
      "Seconds since the end of the first job that Stripe was not told of; measured by who reports"),
  USAGE_REPORTED("outpost.billing.usage.reported", Type.counter, "14", "Jobs reported to Stripe"),
  USAGE_PARKED(
      "outpost.billing.usage.parked", Type.counter, "14", "Jobs whose report Stripe refused"),
  USAGE_DIFFERENCES(
      "outpost.billing.usage.differences",
      Type.counter,
      "14",
      "Times at which Stripe's count differs from the ledger"),
  USAGE_REJECTED(
      "outpost.billing.usage.rejected",
      Type.counter,
      "14",
      "Reports that Stripe rejected afterwards"),
  USAGE_STOPPED(
      "outpost.billing.usage.stopped", Type.counter, "14", "Reports of usage that had to stop"),
  BILLING_ALARMS("outpost.billing.alarms", Type.counter, "14", "Alarms about billing"),
  ADDRESSES_REFUSED(
      "outpost.billing.addresses.refused",
      Type.counter,
      "13",
      "Addresses of customers that Stripe refused"),
  QUOTA_NOTICES(
      "outpost.billing.quota.notices", Type.counter, "15", "Notices about a quota", "percent"),
  MESSAGES_UNKNOWN(
      "outpost.billing.messages.unknown",
      Type.counter,
      "35",
      "Messages about billing that only a newer release knows"),
  EVENTS_UNHANDLED(
      "outpost.billing.events.unhandled", Type.counter, "13", "Events of Stripe of other types"),
  EVENTS_FOREIGN(
      "outpost.billing.events.foreign",
      Type.counter,
      "13",
      "Events of Stripe about customers that are no tenants"),
  PRICES_UNKNOWN(
      "outpost.billing.prices.unknown", Type.counter, "13", "Subscriptions to a price of no tier"),
  WEBHOOKS_REFUSED(
      "outpost.billing.webhooks.refused",
      Type.counter,
      "13",
      "Calls of the Stripe webhook that were not taken",
      "why"),
  MONEY_EVENTS(
      "outpost.billing.events.money",
      Type.counter,
      "13",
      "Events of Stripe that operators are told: disputes, refunds, payments that want action",
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
      "Jobs that were reported too late and became positions of the next invoice"),
  WEBHOOKS_DELIVERED(
      "outpost.webhooks.delivered", Type.counter, "34", "Deliveries that an endpoint took"),
  WEBHOOKS_POSTPONED(
      "outpost.webhooks.postponed", Type.counter, "34", "Deliveries that are tried again later"),
  WEBHOOKS_GIVEN_UP(
      "outpost.webhooks.given.up", Type.counter, "34", "Deliveries that were given up"),
  WEBHOOKS_LATE(
      "outpost.webhooks.late",
      Type.gauge,
      "34",
      "Seconds for which the first event or endpoint has been waiting for a worker"),
  RECEIPT_KEYS_UNREADABLE(
      "outpost.receipts.keys.unreadable",
      Type.counter,
      "29",
      "Tries to read a key of receipts that failed"),
  SLOTS("outpost.worker.slots", Type.gauge, "10", "Jobs that this worker can run at once"),
  SLOTS_USED("outpost.worker.slots.used", Type.gauge, "10", "Jobs that it runs"),
  DISK_FREE(
      "outpost.worker.disk.free",
      Type.gauge,
      "17, 27",
      "Bytes that are free where jobs have their directories"),
  MEMORY_FREE(
      "outpost.worker.memory.free",
      Type.gauge,
      "17, 27",
      "Bytes of memory that are free in the container"),
  SLOTS_DIRTY(
      "outpost.worker.slots.dirty",
      Type.gauge,
      "25",
      "Slots that run no job, as what one left there cannot be removed"),
  ROUTE_FAILURES(
      "outpost.route.failures", Type.counter, "32", "Failed steps of routes", "route", "step"),
  ROUTES_RELOADS(
      "outpost.routes.reloads", Type.counter, "32", "Reloads of the mounted routes", "outcome"),
  WATCH_DROPPED(
      "outpost.routes.watch.dropped",
      Type.counter,
      "32",
      "Messages that an interception did not see, as too many were at it"),
  LINES_COLLAPSED(
      "outpost.log.lines.collapsed",
      Type.counter,
      "22",
      "Warnings and errors that one line with a count stands for");

  /** What a metric is; a timer counts, sums up seconds and has a bucket for each objective. */
  public enum Type {
    counter,
    timer,
    gauge
  }

  /** Bounds that objectives and panels look at. */
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

  /** Its name, as OpenTelemetry writes names. */
  public String id() {
    return id;
  }

  /** What it is. */
  public Type type() {
    return type;
  }

  /** Names of its labels. */
  public List<String> labels() {
    return labels;
  }

  /** Numbers of the promises that it watches. */
  public String promises() {
    return promises;
  }

  /** What it says, for the page. */
  public String text() {
    return text;
  }

  /** The counter with these values of its labels, in their order. */
  public Counter counter(MeterRegistry meters, String... values) {
    return meters.counter(id, tags(values));
  }

  /** The timer with these values of its labels, in their order. */
  public Timer timer(MeterRegistry meters, String... values) {
    return Timer.builder(id).tags(tags(values)).serviceLevelObjectives(OBJECTIVES).register(meters);
  }

  /** A gauge that is told its value, with these values of its labels, in their order. */
  public Reading reading(MeterRegistry meters, String... values) {
    var reading = new Reading();
    gauge(meters, reading::value, values);
    return reading;
  }

  /** A gauge that asks for its value. */
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
