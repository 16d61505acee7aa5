package io.outpost.billing;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.audit.AuditAction;
import io.outpost.audit.AuditEntry;
import io.outpost.audit.AuditTrail;
import io.outpost.aws.Names;
import io.outpost.kernel.Json;
import io.outpost.kernel.Problem;
import io.outpost.store.Change;
import io.outpost.store.Items;
import io.outpost.store.Transactions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.Update;

/** Takes jobs off the bill: at Stripe first, then in the ledger. */
@Component("voidedJobs")
public class VoidedJobs {
  // Stripe cancels an event only within 24 hours of receiving it, and recognizes a repeated call or
  // event for 24 hours.
  private static final Duration SAFE = Duration.ofHours(23);
  // After this time no call of ours can still change Stripe's count.
  private static final Duration OVER = Duration.ofHours(25);

  private final UsageLedger ledger;
  private final StripePrices prices;
  private final Names names;
  private final Transactions transactions;
  private final AuditTrail trail;
  private final Clock clock;

  VoidedJobs(
      UsageLedger ledger,
      StripePrices prices,
      Names names,
      Transactions transactions,
      AuditTrail trail,
      Clock clock) {
    this.clock = clock;
    this.ledger = ledger;
    this.prices = prices;
    this.names = names;
    this.transactions = transactions;
    this.trail = trail;
  }

  /** The ways to take a job off the bill. */
  public enum Way {
    /** Nothing to do: the job is off the bill already. */
    nothing,
    /** Nothing to do at Stripe, which does not count the job. */
    unsent,
    /** Stripe cancels the report. */
    cancel,
    /** Stripe counts an opposite event (-1). */
    opposite,
    /** The invoice is final, so the customer gets a credit. */
    credit
  }

  /**
   * The message for an operator's request.
   *
   * @throws Problem 404 when the tenant's ledger has no such job
   */
  public StripeMessage request(
      @Header("tenant_id") String tenantId, @Header("job_id") String jobId, @Body JsonNode body) {
    var entry = ledger.of(tenantId, jobId).orElseThrow(() -> Problem.notFound("finished job"));
    return new StripeMessage(
        StripeMessage.Kind.void_job,
        tenantId,
        null,
        jobId,
        entry.period(),
        body.get("reason").textValue());
  }

  /**
   * The ledger entry that a message names.
   *
   * @throws IllegalArgumentException when the ledger has no such job in this period
   */
  public LedgerEntry find(@Body StripeMessage message) {
    return ledger
        .of(message.concerned(), message.voided())
        .filter(entry -> entry.period().equals(message.period()))
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "The ledger has no job %s in the period of %s"
                        .formatted(message.jobId(), message.period())));
  }

  /**
   * Whether Stripe counts the job or an invoice item bills it, so that the customer's invoices must
   * be read.
   */
  public boolean isBilled(@ExchangeProperty("entry") LedgerEntry entry) {
    return entry.isCounted() || entry.isDue() && entry.adjustment() != null;
  }

  /**
   * The line of a final invoice, or the invoice item, that bills the job; null when none does.
   *
   * @throws IllegalStateException while that item is being created; a later try may succeed
   */
  public @Nullable InvoiceLine billed(
      @ExchangeProperty("entry") LedgerEntry entry,
      @Variable("invoices") String invoices,
      @Variable("positions") String positions) {
    if (entry.adjustment() != null) {
      return StripeAnswers.position(positions, entry.adjustment())
          .orElseThrow(
              () -> new IllegalStateException("Job " + entry.jobId() + " is being billed"));
    }
    return StripeAnswers.lines(invoices).stream()
        .filter(line -> line.closes() && line.price() != null && line.quantity() > 0)
        .filter(line -> prices.isMetered(line.price()) && line.covers(entry.countedAt()))
        .filter(line -> !InvoiceComparison.isTooLate(line, entry))
        .findFirst()
        .orElse(null);
  }

  /** Whether the credit exists already. */
  public boolean isCredited(
      @ExchangeProperty("entry") LedgerEntry entry, @Variable("credits") String credits) {
    return StripeAnswers.jobsOf(credits).contains(entry.jobId());
  }

  /**
   * The way to take the job off the bill. A way whose outcome is unknown is repeated while Stripe
   * recognizes the repetition; another one could take the job off twice.
   *
   * @throws IllegalStateException while it is unknown whether Stripe has the report, or whether it
   *     still counts the job; a later try may succeed
   */
  public Way way(
      @ExchangeProperty("entry") LedgerEntry entry,
      @ExchangeProperty("billed") @Nullable InvoiceLine billed) {
    if (entry.voidedAt() != null) {
      return Way.nothing;
    }
    if (entry.isOpen()) {
      throw new IllegalStateException("Job " + entry.jobId() + " is being reported");
    }
    boolean fresh = entry.reportBegan() != null && isSafe(entry.reportBegan());
    if (entry.voidBegan() != null) {
      return begunWay(entry, entry.voidBegan(), fresh, billed);
    }
    if (billed != null) {
      return Way.credit;
    }
    if (entry.reportedAt() == null) {
      return Way.unsent;
    }
    return fresh ? Way.cancel : Way.opposite;
  }

  private Way begunWay(
      LedgerEntry entry, Instant began, boolean fresh, @Nullable InvoiceLine billed) {
    var way = Way.valueOf(String.valueOf(entry.voidedBy()));
    if (billed == null && isSafe(began) && (fresh || way == Way.opposite)) {
      return way;
    }
    throw new IllegalStateException(
        "It is unknown whether Stripe still counts job %s; the comparison decides"
            .formatted(entry.jobId()));
  }

  private boolean isSafe(Instant began) {
    return clock.instant().isBefore(began.plus(SAFE));
  }

  /**
   * Records how Stripe is asked to take the job off its count, before it is asked.
   *
   * @throws IllegalStateException when the entry has changed meanwhile; a later try may succeed
   */
  public void begin(
      @ExchangeProperty("entry") LedgerEntry entry, @ExchangeProperty("way") Way way) {
    var begun =
        ledger.update(
            entry,
            "SET void_began = if_not_exists(void_began, :now), voided_by = :way",
            "attribute_exists(reported_at) AND attribute_not_exists(voided_at)"
                + " AND attribute_not_exists(adjustment)"
                + " AND (attribute_not_exists(void_began) OR voided_by = :way)",
            Map.of(":now", Items.text(Json.time(clock.instant())), ":way", Items.text(way.name())));
    if (begun.isEmpty()) {
      throw new IllegalStateException("Job " + entry.jobId() + " has changed meanwhile");
    }
  }

  /**
   * Decides by Stripe's count about a job that was being voided: it is off the bill, or another way
   * can be tried. Does nothing while a repeated call could still change the count.
   *
   * @param isCounted whether Stripe counts the job
   */
  void settle(LedgerEntry entry, boolean isCounted) {
    if (entry.voidBegan() == null || entry.voidBegan().isAfter(clock.instant().minus(OVER))) {
      return;
    }
    if (isCounted) {
      ledger.update(
          entry,
          "REMOVE void_began, voided_by",
          "void_began = :began AND attribute_not_exists(voided_at)",
          Map.of(":began", Items.text(Json.time(entry.voidBegan()))));
    } else {
      write(entry, Way.valueOf(String.valueOf(entry.voidedBy())), null);
    }
  }

  /**
   * Records that the job is off the bill; the audit entry goes into the property {@code audited}.
   *
   * @throws RuntimeException when the job has meanwhile been reported or put on an item; a later
   *     try may succeed
   */
  public void done(
      @ExchangeProperty("entry") LedgerEntry entry,
      @ExchangeProperty("way") Way way,
      @Body StripeMessage message,
      Exchange exchange) {
    exchange.setProperty("audited", write(entry, way, message.reason()));
  }

  private AuditEntry write(LedgerEntry entry, Way way, @Nullable String reason) {
    var audited = entry(entry, way, reason);
    // If an invoice item bills the job meanwhile, the write is refused, and the next try credits
    // the job.
    var condition =
        switch (way) {
          case unsent ->
              "(attribute_not_exists(report_began) OR attribute_exists(parked_for))"
                  + " AND attribute_not_exists(adjustment)";
          case credit -> "attribute_exists(reported_at) OR attribute_exists(unmetered_at)";
          default -> "attribute_exists(reported_at) AND attribute_not_exists(adjustment)";
        };
    Change change = new Change();
    change.update(
        Update.builder()
            .tableName(names.table("usage"))
            .key(Map.of("tenant_id", Items.text(entry.tenantId()), "sk", Items.text(entry.sk())))
            .updateExpression("SET voided_at = :now, voided_by = :way REMOVE unreported_shard")
            .conditionExpression("(" + condition + ") AND attribute_not_exists(voided_at)")
            .expressionAttributeValues(
                Map.of(
                    ":now", Items.text(Json.time(audited.timestamp())),
                    ":way", Items.text(way.name()))),
        old -> new IllegalStateException("Job " + entry.jobId() + " is being reported"));
    trail.add(change, audited);
    transactions.write(change);
    return audited;
  }

  private AuditEntry entry(LedgerEntry entry, Way way, @Nullable String reason) {
    return AuditEntry.own(
        entry.tenantId(),
        clock.instant(),
        AuditAction.JOB_VOIDED,
        "/jobs/" + entry.jobId(),
        AuditEntry.Outcome.allowed,
        reason == null ? Map.of("way", way.name()) : Map.of("way", way.name(), "reason", reason));
  }
}
