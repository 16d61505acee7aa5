package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.kernel.Ids;
import io.outpost.local.stripe.Card;
import io.outpost.local.stripe.Faults.Fault;
import io.outpost.local.stripe.LocalStripe;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A tenant's invoices equal the ledger, to the cent and job by job. */
@Tag("product")
class P30EveryInvoiceEqualsTheLedgerTest {
  private static final Duration UNTIL_FINAL = Duration.ofMinutes(70);

  private static Accounting books;

  @BeforeAll
  static void start() {
    books = Accounting.start();
  }

  @AfterAll
  static void stop() {
    books.close();
  }

  @BeforeEach
  void begin() {
    books.closeCircuits();
  }

  /** A job belongs to the period in which it was accepted, whenever it ends. */
  @Test
  void aJobThatCrossesTheAnchorIsBilledWhereItWasAccepted() throws Exception {
    var payer = books.payer("crossing");
    var end = books.periodEnd(payer);
    books.job(payer, end.minusSeconds(1), end.plusSeconds(30));
    books.job(payer, end, end.plusSeconds(30));
    books.advance(end.plusSeconds(60));
    books.report();
    books.advance(UNTIL_FINAL);
    books.check();
    var first = books.invoices(payer).getLast();
    assertThat(first.get("total").asLong()).isEqualTo(Accounting.CENTS);
    assertThat(first.at("/lines/data/0/period/end").asLong()).isEqualTo(end.getEpochSecond());
    books.advance(books.periodEnd(payer).plus(UNTIL_FINAL));
    books.check();
    assertThat(books.invoices(payer).getLast().get("total").asLong()).isEqualTo(Accounting.CENTS);
    assertThat(books.audited(payer, "billing.usage-late")).isZero();
    assertThat(books.audited(payer, "billing.invoice-differs")).isZero();
  }

  /**
   * Jobs that are reported after their invoice was final are billed once, as a named item of the
   * next one.
   */
  @Test
  void lateReportsAreAPositionOfTheNextInvoice() throws Exception {
    var payer = books.payer("late");
    var end = books.periodEnd(payer);
    var onTime = books.job(payer, end.minusSeconds(600));
    books.advance(end.minusSeconds(300));
    books.report();
    var late =
        List.of(books.job(payer, end.minusSeconds(50)), books.job(payer, end.minusSeconds(40)));
    books.advance(end.plus(UNTIL_FINAL));
    books.report();
    books.stripe().stub().faults().next(1, Fault.SERVER_ERROR_AFTER, "POST", "/v1/invoiceitems");
    books.check();
    books.check();
    books.check();
    assertThat(books.billed(payer)).isEqualTo(Accounting.CENTS);
    books.advance(books.periodEnd(payer).plus(UNTIL_FINAL));
    books.check();
    assertThat(books.positions(payer))
        .singleElement()
        .satisfies(
            position -> {
              assertThat(position.get("amount").asLong()).isEqualTo(2 * Accounting.CENTS);
              assertThat(position.at("/metadata/jobs_0").asText())
                  .contains(late)
                  .doesNotContain(onTime);
            });
    assertThat(books.billed(payer)).isEqualTo(3 * Accounting.CENTS);
    assertThat(books.audited(payer, "billing.usage-late")).isEqualTo(1);
    assertThat(books.audited(payer, "billing.invoice-differs")).isZero();
  }

  /**
   * Stripe's meter accepts reports for 35 days; a job that ends later is billed by a named invoice
   * item.
   */
  @Test
  void aJobThatEndsLongAfterItsAcceptanceIsAPositionOfTheNextInvoice() throws Exception {
    var payer = books.payer("waiting");
    var accepted = books.now().plusSeconds(3_600);
    books.advance(accepted.plus(Duration.ofDays(45)));
    var job = books.job(payer, accepted, books.now());
    var other = books.job(payer, accepted.plusSeconds(60), books.now());
    books.report();
    books.report();
    books.check();
    books.check();
    books.voidJob(payer, other);
    books.advance(books.periodEnd(payer).plus(UNTIL_FINAL));
    books.check();
    assertThat(books.positions(payer))
        .singleElement()
        .satisfies(
            position -> {
              assertThat(position.get("amount").asLong()).isEqualTo(2 * Accounting.CENTS);
              assertThat(position.at("/metadata/jobs_0").asText()).contains(job, other);
            });
    assertThat(books.billed(payer)).isEqualTo(2 * Accounting.CENTS);
    assertThat(books.credited(payer)).isEqualTo(Accounting.CENTS);
    assertThat(books.ledger(payer)).allMatch(entry -> entry.parkedFor() == null);
    assertThat(books.audited(payer, "billing.usage-late")).isEqualTo(1);
    assertThat(books.audited(payer, "billing.invoice-differs")).isZero();
    assertThat(books.audited(payer, "billing.usage-differs")).isZero();
  }

  /**
   * A report with an unknown outcome that is too old now is not repeated; Stripe's sums say whether
   * it counts.
   */
  @Test
  void aJobThatWasTriedAndIsTooOldByNowIsBilledOnce() throws Exception {
    var payer = books.payer("tried");
    var accepted = books.now().plusSeconds(3_600);
    books.advance(accepted.plus(Duration.ofDays(34)).minusSeconds(600));
    books.settle();
    var tried = books.job(payer, accepted, books.now());
    var faults = books.stripe().stub().faults();
    faults.next(4, Fault.SERVER_ERROR, "POST", "/v1/billing/meter_events");
    books.report();
    assertThat(books.ledger(payer))
        .singleElement()
        .satisfies(entry -> assertThat(entry.isOpen()).isTrue());
    books.advance(Duration.ofHours(2));
    var untried = books.job(payer, accepted.plusSeconds(120), books.now());
    books.report();
    books.check();
    books.report();
    books.check();
    books.advance(books.periodEnd(payer).plus(UNTIL_FINAL));
    books.check();
    assertThat(books.ledger(payer)).allMatch(entry -> entry.parkedFor() == null);
    assertThat(books.billed(payer)).isEqualTo(2 * Accounting.CENTS);
    assertThat(books.positions(payer))
        .flatExtracting(position -> List.of(position.at("/metadata/jobs_0").asText().split(" ")))
        .containsExactlyInAnyOrder(tried, untried);
  }

  /**
   * At a tiered price the cost of a single job is unknown: operators are told, and the job is not
   * billed as free.
   */
  @Test
  void lateJobsAtAPriceWithTiersAreAnAlarm() throws Exception {
    var payer = books.payer("tiers", Accounting.TIERED);
    var end = books.periodEnd(payer);
    for (int i = 1; i <= 3; i++) {
      books.job(payer, end.minusSeconds(600 + i));
    }
    books.advance(end.minusSeconds(300));
    books.report();
    var late = books.job(payer, end.minusSeconds(50));
    books.advance(end.plus(UNTIL_FINAL));
    books.report();
    books.check();
    assertThat(books.billed(payer)).isEqualTo(2 * 30 + 10);
    assertThat(books.audited(payer, "billing.invoice-differs")).isZero();
    assertThat(alarm(payer)).contains(Accounting.TIERED, " 1 jobs");
    books.advance(books.periodEnd(payer).plus(UNTIL_FINAL));
    books.check();
    assertThat(books.positions(payer)).isEmpty();
    // The operator bills the job by hand and takes it off our bill.
    books.voidJob(payer, late);
    books.check();
    assertThat(alarm(payer)).isEmpty();
  }

  private static String alarm(Accounting.Payer payer) {
    return books.api().outpost().context().getBean(BillingAlarms.class).standing().stream()
        .filter(alarm -> alarm.what().equals("unpriced-" + payer.client().tenantId()))
        .map(BillingAlarms.Alarm::why)
        .findFirst()
        .orElse("");
  }

  /** A tenant whose subscription has ended gets a last invoice for late jobs. */
  @Test
  void whatADeletedTenantUsedIsBilled() throws Exception {
    var payer = books.payer("leaver");
    books.job(payer, books.now().plusSeconds(60));
    books.advance(Duration.ofDays(2));
    books.report();
    var last = books.job(payer, books.now().minusSeconds(60));
    var deleted = books.api().delete("/tenants/" + payer.client().tenantId(), payer.client().key());
    assertThat(deleted.statusCode()).isEqualTo(204);
    books.settle();
    books.advance(UNTIL_FINAL);
    books.check();
    assertThat(books.billed(payer)).isEqualTo(2 * Accounting.CENTS);
    // The job was accepted before the end, but recorded after the last invoice was final.
    var afterwards = books.job(payer, books.now().minus(UNTIL_FINAL).minusSeconds(120));
    books.report();
    books.check();
    books.check();
    books.advance(UNTIL_FINAL);
    assertThat(books.billed(payer)).isEqualTo(3 * Accounting.CENTS);
    assertThat(books.positions(payer))
        .singleElement()
        .satisfies(
            position ->
                assertThat(position.at("/metadata/jobs_0").asText())
                    .contains(afterwards)
                    .doesNotContain(last));
  }

  /** A subscription that ends without a last invoice gets one from us. */
  @Test
  void whatASubscriptionUsedThatEndedWithoutALastInvoiceIsBilled() throws Exception {
    var payer = books.payer("ended");
    var job = books.job(payer, books.now().plusSeconds(60));
    books.advance(Duration.ofDays(3));
    books.report();
    books.stripe().stub().account().cancel(payer.subscription());
    books.settle();
    books.advance(UNTIL_FINAL);
    books.check();
    books.check();
    books.advance(UNTIL_FINAL);
    assertThat(books.billed(payer)).isEqualTo(Accounting.CENTS);
    assertThat(books.positions(payer))
        .singleElement()
        .satisfies(position -> assertThat(position.at("/metadata/jobs_0").asText()).isEqualTo(job));
    // The invoice is final, so the job comes off the bill by a credit.
    books.voidJob(payer, job);
    books.voidJob(payer, job);
    assertThat(books.credited(payer)).isEqualTo(Accounting.CENTS);
  }

  /**
   * The credit of an earlier try with an unknown outcome is found behind a page of newer credits.
   */
  @Test
  void aCreditIsFoundHoweverManyWereGivenSince() throws Exception {
    var payer = books.payer("many-credits");
    var end = books.periodEnd(payer);
    books.advance(end.minusSeconds(300));
    var job = books.job(payer, end.minusSeconds(200));
    books.advance(end.plus(UNTIL_FINAL));
    books.report();
    books.check();
    books.credit(payer, job);
    for (int i = 0; i < 120; i++) {
      books.credit(payer, Ids.ulid());
    }
    books.voidJob(payer, job);
    assertThat(books.credited(payer)).isEqualTo(121 * Accounting.CENTS);
    assertThat(books.ledger(payer))
        .singleElement()
        .satisfies(entry -> assertThat(entry.voidedAt()).isNotNull());
  }

  /**
   * Stripe counts usage by customer, so the next invoice of a second subscription bills the job.
   */
  @Test
  void whatAnotherSubscriptionWillBillIsOnNoPosition() throws Exception {
    var payer = books.payer("twice");
    var account = books.stripe().stub().account();
    account.subscribe(payer.customer(), LocalStripe.PRICE_PRO);
    books.job(payer, books.now().plusSeconds(60));
    books.advance(Duration.ofDays(3));
    books.report();
    account.cancel(payer.subscription());
    books.settle();
    books.advance(UNTIL_FINAL);
    books.check();
    assertThat(books.positions(payer)).isEmpty();
  }

  /** Stripe's list shows only ten lines of an invoice, and ours is not among them. */
  @Test
  void anInvoiceOfManyLinesIsReadWhole() throws Exception {
    var payer = books.payer("many-lines");
    var end = books.periodEnd(payer);
    books.job(payer, end.minus(Duration.ofDays(2)));
    books.advance(end.minus(Duration.ofDays(1)));
    books.report();
    for (int i = 0; i < 120; i++) {
      books.stripe().stub().account().addPosition(payer.customer(), 1);
    }
    books
        .stripe()
        .stub()
        .account()
        .addUsage(books.stripe().meter(), payer.customer(), end.minus(Duration.ofDays(3)));
    books.advance(end.plus(UNTIL_FINAL));
    books.check();
    assertThat(books.audited(payer, "billing.invoice-differs")).isEqualTo(1);
  }

  /** A late job that an invoice item of a later invoice bills can be credited, too. */
  @Test
  void aLateJobThatIsVoidedIsPaidBack() throws Exception {
    var payer = books.payer("late-and-void");
    var end = books.periodEnd(payer);
    books.advance(end.minusSeconds(300));
    var late = books.job(payer, end.minusSeconds(200));
    books.advance(end.plus(UNTIL_FINAL));
    books.report();
    books.check();
    books.voidJob(payer, late);
    assertThat(books.credited(payer)).isEqualTo(Accounting.CENTS);
    books.advance(books.periodEnd(payer).plus(UNTIL_FINAL));
    books.check();
    assertThat(books.billed(payer)).isEqualTo(Accounting.CENTS);
    assertThat(books.audited(payer, "billing.invoice-differs")).isZero();
  }

  /** Past due counts from the first failed payment while Stripe retries and gives up. */
  @Test
  void pastDueNeverBeginsAnew() throws Exception {
    var account = books.stripe().stub().account();
    var payer = books.payer("debtor");
    account.card(payer.customer(), Card.DECLINES);
    account.afterLastTry("unpaid");
    var end = books.periodEnd(payer);
    books.job(payer, end.minus(Duration.ofHours(5)));
    books.advance(end.minus(Duration.ofHours(1)));
    books.report();
    books.advance(end.plus(UNTIL_FINAL));
    books.settle();
    assertThat(books.standing(payer)).isEqualTo("past_due past_due " + end);
    books.advance(Duration.ofDays(16));
    books.settle();
    assertThat(books.standing(payer)).isEqualTo("past_due unpaid " + end);
    // Stripe gives up the first invoice and leaves the next ones as drafts.
    books.advance(books.periodEnd(payer).plus(UNTIL_FINAL));
    var first = books.invoices(payer).getLast().get("id").asText();
    books.settle();
    account.giveUp(first);
    books.settle();
    assertThat(books.standing(payer)).isEqualTo("past_due unpaid " + end);
    account.card(payer.customer(), Card.PAYS);
    account.pay(first);
    books.settle();
    assertThat(books.standing(payer)).startsWith("active active");
    account.afterLastTry("canceled");
  }

  /** When the subscription ends after the last payment attempt, unbilled usage is still billed. */
  @Test
  void whoNeverPaysIsFreeInTheEnd() throws Exception {
    var account = books.stripe().stub().account();
    var payer = books.payer("never-pays");
    account.card(payer.customer(), Card.DECLINES);
    var end = books.periodEnd(payer);
    books.job(payer, end.minus(Duration.ofHours(5)));
    books.advance(end.plus(Duration.ofHours(1)).minusSeconds(1));
    books.job(payer, end.plusSeconds(60));
    books.report();
    books.advance(Duration.ofDays(16));
    books.settle();
    assertThat(books.standing(payer)).startsWith("active canceled");
    books.check();
    books.advance(UNTIL_FINAL);
    assertThat(books.billed(payer)).isEqualTo(2 * Accounting.CENTS);
  }

  /** A surplus in one hour does not hide a shortfall in another. */
  @Test
  void sumsThatCancelOutAreFound() throws Exception {
    var payer = books.payer("cancelling-out");
    var end = books.periodEnd(payer);
    var lost = books.job(payer, end.minus(Duration.ofDays(20)));
    books.job(payer, end.minus(Duration.ofDays(19)));
    books.advance(end.minus(Duration.ofDays(18)));
    books.report();
    books.stripe().stub().account().forgetUsage(lost);
    books
        .stripe()
        .stub()
        .account()
        .addUsage(books.stripe().meter(), payer.customer(), end.minus(Duration.ofDays(10)));
    books.advance(end.plus(UNTIL_FINAL));
    assertThat(books.billed(payer)).isEqualTo(2 * Accounting.CENTS);
    books.check();
    assertThat(books.audited(payer, "billing.usage-differs")).isGreaterThanOrEqualTo(2);
    assertThat(books.api().notices())
        .anyMatch(notice -> notice.contains(payer.client().tenantId()));
  }

  /**
   * An invoice that bills too much is reported once, again when the difference changes, and when it
   * is gone.
   */
  @Test
  void anInvoiceThatBillsTooMuchIsNamed() throws Exception {
    var payer = books.payer("overbilled");
    var end = books.periodEnd(payer);
    books.job(payer, end.minus(Duration.ofDays(2)));
    books.advance(end.minus(Duration.ofDays(1)));
    books.report();
    var used = List.of(end.minus(Duration.ofDays(4)), end.minus(Duration.ofDays(3)));
    for (var at : used) {
      books.stripe().stub().account().addUsage(books.stripe().meter(), payer.customer(), at);
    }
    books.advance(end.plus(UNTIL_FINAL));
    for (int i = 0; i < 3; i++) {
      books.check();
    }
    assertThat(books.audited(payer, "billing.invoice-differs")).isEqualTo(1);
    assertThat(books.audited(payer, "billing.usage-differs")).isEqualTo(2);
    assertThat(told(payer, "invoice-differs")).isEqualTo(1);
    assertThat(told(payer, "usage-differs")).isEqualTo(2);

    // One of the missing jobs is found, and later the other.
    books.found(payer, used.getFirst(), end.minus(Duration.ofDays(1)));
    books.check();
    books.check();
    assertThat(told(payer, "invoice-differs")).isEqualTo(2);
    books.found(payer, used.getLast(), end.minus(Duration.ofDays(1)));
    books.check();
    books.check();
    assertThat(told(payer, "invoice-differs")).isEqualTo(2);
    assertThat(told(payer, "usage-differs")).isEqualTo(2);
    // One agreement of an invoice and two of minutes.
    assertThat(told(payer, "billing-agrees")).isEqualTo(3);
    assertThat(books.audited(payer, "billing.difference-gone")).isEqualTo(3);
  }

  private static long told(Accounting.Payer payer, String notice) {
    return books.api().notices().stream()
        .filter(one -> one.contains(notice) && one.contains(payer.client().tenantId()))
        .count();
  }
}
