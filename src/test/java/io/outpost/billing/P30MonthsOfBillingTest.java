package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.local.stripe.Card;
import io.outpost.local.stripe.Faults.Fault;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Months of many tenants, drawn from a seed: tiers come and go, with and without a last invoice,
 * Stripe fails, the key is revoked, cards are declined, answers get lost, events are replayed, jobs
 * cross the ends of periods, come too late and are taken back, some tenants never pay until Stripe
 * ends their subscription. In the end every invoice is what the ledger has, and nothing is
 * unexplained.
 */
@Tag("product")
class P30MonthsOfBillingTest {
  private static final Duration STEP = Duration.ofHours(181);
  // More than two periods, so that what came late is on the next invoice.
  // Some days after the first period's end, and some before the last try of its payment.
  private static final int LAST_STEP_OF_DEBTORS = 4;
  private static final Duration AFTERWARDS = Duration.ofDays(66);

  /** A small sample for every build. */
  @Test
  void everyInvoiceEqualsTheLedger() throws Exception {
    new Months(7, 6, 150).live();
  }

  /** The whole number of tenants. */
  @Test
  @Tag("deep")
  void everyInvoiceOfAHundredTenantsEqualsTheLedger() throws Exception {
    new Months(Long.getLong("outpost.seed", 42), 100, 10_000).live();
  }

  private record Job(Accounting.Payer payer, Instant accepted, Instant ended) {}

  /** The random decisions of one run, and the expected result. */
  private static final class Months {
    private final long seed;
    private final Random random;
    private final int tenants;
    private final int jobs;
    private final Set<String> indebted = new HashSet<>();
    private int changes;
    private int told;
    private int voided;
    private long cents;
    private long late;
    private long total;
    private final List<Accounting.Payer> paying = new ArrayList<>();
    private final List<Accounting.Payer> all = new ArrayList<>();
    private final List<Accounting.Payer> neverPaying = new ArrayList<>();
    private final List<Job> running = new ArrayList<>();

    Months(long seed, int tenants, int jobs) {
      this.seed = seed;
      this.random = new Random(seed);
      this.tenants = tenants;
      this.jobs = jobs;
    }

    void live() throws Exception {
      try (var books = Accounting.start()) {
        for (int i = 0; i < tenants; i++) {
          add(books.payer("tenant-" + i));
        }
        letSomeNeverPay(books);
        int left = jobs;
        // About three months, so that every tenant sees at least two closings.
        for (int step = 0; step < 10; step++) {
          int now = step == 9 ? left : Math.min(left, jobs / 10 + random.nextInt(5));
          left -= now;
          month(books, now);
          if (step == LAST_STEP_OF_DEBTORS) {
            paying.removeAll(neverPaying);
          }
        }
        settleAll(books);
        judge(books);
      }
    }

    private void add(Accounting.Payer payer) {
      paying.add(payer);
      all.add(payer);
    }

    /**
     * Declines every attempt to pay the first invoice; jobs continue until shortly before the last
     * attempt.
     */
    private void letSomeNeverPay(Accounting books) {
      neverPaying.addAll(paying.subList(0, 1 + tenants / 20));
      for (var payer : neverPaying) {
        indebted.add(payer.customer());
        books.stripe().stub().account().card(payer.customer(), Card.DECLINES);
      }
    }

    private void month(Accounting books, int jobs) throws Exception {
      var stub = books.stripe().stub();
      draw(books.now(), jobs);
      stub.faults()
          .sometimes(
              random.nextInt(4) == 0 ? 0.15 : 0,
              random.nextLong(),
              Fault.LOCK_TIMEOUT,
              Fault.SERVER_ERROR,
              Fault.SERVER_ERROR_AFTER,
              Fault.DROPPED);
      boolean revoked = random.nextInt(6) == 0;
      if (revoked) {
        stub.secretKey().revoke();
      }
      var debtors = debtors();
      debtors.forEach(debtor -> stub.account().card(debtor, Card.DECLINES));
      for (int part = 0; part < 4; part++) {
        books.advance(STEP.dividedBy(4));
        end(books);
        books.report();
      }
      debtors.forEach(debtor -> stub.account().card(debtor, Card.PAYS));
      stub.secretKey().restore();
      stub.faults().none();
      replay(books);
      books.check();
      takeBack(books);
      for (int i = 0; i < 1 + tenants / 20; i++) {
        if (random.nextInt(3) == 0) {
          changeTier(books);
        }
      }
    }

    /**
     * Customers with declined cards; each only once, because two unpaid weeks end a subscription.
     */
    private List<String> debtors() {
      var fresh =
          paying.stream()
              .map(Accounting.Payer::customer)
              .filter(one -> !indebted.contains(one))
              .toList();
      var some = fresh.isEmpty() ? fresh : List.of(fresh.get(random.nextInt(fresh.size())));
      indebted.addAll(some);
      return some;
    }

    /** Delivers some old events again. */
    private void replay(Accounting books) throws Exception {
      var events = books.stripe().stub().account().events();
      for (int i = 0; i < 5; i++) {
        books.stripe().stub().webhooks().deliver(events.get(random.nextInt(events.size())));
        told++;
      }
      books.settle();
    }

    /** Takes a billable job off the bill, as an operator does. */
    private void takeBack(Accounting books) throws Exception {
      var payer = all.get(random.nextInt(all.size()));
      var reported =
          books.ledger(payer).stream()
              .filter(entry -> entry.reportedAt() != null && entry.voidedAt() == null)
              .map(LedgerEntry::jobId)
              .sorted()
              .toList();
      if (!reported.isEmpty()) {
        books.voidJob(payer, reported.get(random.nextInt(reported.size())));
        voided++;
      }
    }

    private void draw(Instant from, int jobs) {
      for (int i = 0; i < jobs; i++) {
        var accepted = from.plusSeconds(random.nextLong(STEP.toSeconds()));
        var ended = accepted.plusSeconds(random.nextInt(40_000));
        running.add(new Job(paying.get(random.nextInt(paying.size())), accepted, ended));
      }
    }

    /** Records the jobs that have ended by now. */
    private void end(Accounting books) {
      running.stream()
          .filter(job -> !job.ended().isAfter(books.now()))
          .forEach(job -> books.job(job.payer(), job.accepted(), job.ended()));
      running.removeIf(job -> !job.ended().isAfter(books.now()));
    }

    /** Ends a subscription, with or without a last invoice, and maybe starts another. */
    private void changeTier(Accounting books) throws Exception {
      var willing = paying.stream().filter(one -> !neverPaying.contains(one)).toList();
      var payer = willing.get(random.nextInt(willing.size()));
      paying.remove(payer);
      books.report();
      var account = books.stripe().stub().account();
      changes++;
      switch (random.nextInt(paying.size() < 3 ? 2 : 3)) {
        case 0 -> account.cancelAndBill(payer.subscription());
        // Ends without a last invoice.
        case 1 -> account.cancel(payer.subscription());
        default -> {
          account.endLater(payer.subscription());
          books.settle();
          return;
        }
      }
      books.settle();
      if (paying.size() < 3 || random.nextBoolean()) {
        add(books.subscribe(payer.client(), payer.customer()));
      }
    }

    private void settleAll(Accounting books) throws Exception {
      var end = books.now().plus(AFTERWARDS);
      while (books.now().isBefore(end)) {
        books.advance(Duration.ofHours(12));
        end(books);
        books.report();
        books.check();
        books.advance(Duration.ofDays(6));
      }
    }

    private void judge(Accounting books) {
      for (var payer : neverPaying) {
        assertThat(books.standing(payer)).as("seed %s", seed).startsWith("active canceled");
      }
      Set<String> seen = new HashSet<>();
      long billed = 0;
      for (var payer : all) {
        if (!seen.add(payer.customer())) {
          continue;
        }
        var entries = books.ledger(payer);
        assertThat(entries)
            .as("all of %s was reported, seed %s", payer, seed)
            .allMatch(entry -> entry.reportedAt() != null);
        long due = entries.stream().filter(LedgerEntry::isCounted).count();
        assertThat(books.credited(payer))
            .as("what %s was given back, seed %s", payer, seed)
            .isEqualTo(
                Accounting.CENTS
                    * entries.stream()
                        .filter(entry -> entry.voidedAt() != null && entry.isCounted())
                        .count());
        cents += books.billed(payer);
        late += entries.stream().filter(entry -> entry.adjustment() != null).count();
        total += entries.size();
        assertThat(books.billed(payer))
            .as("what %s pays, seed %s", payer, seed)
            .isEqualTo(due * Accounting.CENTS);
        assertThat(books.audited(payer, "billing.invoice-differs"))
            .as("unexplained of %s, seed %s", payer, seed)
            .isZero();
        linesEqualTheLedger(books, payer, entries);
        billed += due;
      }
      assertThat(total).as("jobs in the ledger, seed %s", seed).isEqualTo(jobs);
      System.out.printf(
          "seed %d: %d tenants, %d jobs, %d changes of tier, %d events replayed, %d jobs taken back;"
              + " %d invoices of %.2f USD bill %d jobs, %d of them late; 0 differences%n",
          seed,
          seen.size(),
          total,
          changes,
          told,
          voided,
          books.stripe().stub().account().invoices().size(),
          cents / 100.0,
          billed,
          late);
    }

    /** Each invoice line bills the jobs of its period that no later invoice item bills. */
    private void linesEqualTheLedger(
        Accounting books, Accounting.Payer payer, List<LedgerEntry> entries) {
      for (var invoice : books.invoices(payer)) {
        for (var line : invoice.at("/lines/data")) {
          if (line.at("/metadata/adjustment").isTextual()) {
            continue;
          }
          var start = Instant.ofEpochSecond(line.at("/period/start").asLong());
          var end = Instant.ofEpochSecond(line.at("/period/end").asLong());
          // A subscription's first invoice has a line for the period that begins.
          if (invoice.at("/status_transitions/finalized_at").asLong() < end.getEpochSecond()) {
            continue;
          }
          assertThat(line.get("quantity").asLong())
              .as("line of %s from %s, seed %s", payer, start, seed)
              .isEqualTo(
                  entries.stream()
                      .filter(entry -> !entry.countedAt().isBefore(start))
                      .filter(entry -> entry.countedAt().isBefore(end))
                      .filter(entry -> entry.adjustment() == null && entry.isCounted())
                      .count());
        }
      }
    }
  }
}
