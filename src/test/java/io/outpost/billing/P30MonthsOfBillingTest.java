package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

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
 * Months of many tenants, drawn from a seed: tiers come and go, Stripe fails, the key is revoked,
 * answers get lost, jobs cross the ends of periods and come too late. In the end every invoice is
 * what the ledger has, and nothing is unexplained.
 */
@Tag("product")
class P30MonthsOfBillingTest {
  private static final Duration STEP = Duration.ofHours(181);
  // More than two periods, so that what came late is on the next invoice.
  private static final Duration AFTERWARDS = Duration.ofDays(66);

  /** Smaller than it may be, so that each build can afford it. */
  @Test
  void everyInvoiceEqualsTheLedger() throws Exception {
    new Months(7, 6, 150).live();
  }

  /** The whole of it, with the other tests that take long. */
  @Test
  @Tag("faults")
  void everyInvoiceOfAHundredTenantsEqualsTheLedger() throws Exception {
    new Months(Long.getLong("outpost.seed", 42), 100, 10_000).live();
  }

  private record Job(Accounting.Payer payer, Instant accepted, Instant ended) {}

  /** What is drawn, and what is expected. */
  private static final class Months {
    private final long seed;
    private final Random random;
    private final int tenants;
    private final int jobs;
    private final List<Accounting.Payer> paying = new ArrayList<>();
    private final List<Accounting.Payer> all = new ArrayList<>();
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
        int left = jobs;
        // About three months, so that every tenant sees at least two closings.
        for (int step = 0; step < 10; step++) {
          int now = step == 9 ? left : Math.min(left, jobs / 10 + random.nextInt(5));
          left -= now;
          month(books, now);
        }
        settleAll(books);
        judge(books);
      }
    }

    private void add(Accounting.Payer payer) {
      paying.add(payer);
      all.add(payer);
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
      for (int part = 0; part < 4; part++) {
        books.advance(STEP.dividedBy(4));
        end(books);
        books.report();
      }
      stub.secretKey().restore();
      stub.faults().none();
      books.check();
      if (random.nextInt(3) == 0) {
        changeTier(books);
      }
    }

    private void draw(Instant from, int jobs) {
      for (int i = 0; i < jobs; i++) {
        var accepted = from.plusSeconds(random.nextLong(STEP.toSeconds()));
        var ended = accepted.plusSeconds(random.nextInt(40_000));
        running.add(new Job(paying.get(random.nextInt(paying.size())), accepted, ended));
      }
    }

    /** Writes down what has ended by now. */
    private void end(Accounting books) {
      running.stream()
          .filter(job -> !job.ended().isAfter(books.now()))
          .forEach(job -> books.job(job.payer(), job.accepted(), job.ended()));
      running.removeIf(job -> !job.ended().isAfter(books.now()));
    }

    /** Ends a subscription with its last invoice, and begins another one, or does not. */
    private void changeTier(Accounting books) throws Exception {
      var payer = paying.remove(random.nextInt(paying.size()));
      books.report();
      books.stripe().stub().account().cancelAndBill(payer.subscription());
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
      Set<String> seen = new HashSet<>();
      long billed = 0;
      for (var payer : all) {
        if (!seen.add(payer.customer())) {
          continue;
        }
        var entries = books.ledger(payer);
        long due = entries.stream().filter(entry -> entry.reportedAt() != null).count();
        assertThat(due)
            .as("all of %s was reported, seed %s", payer, seed)
            .isEqualTo(entries.size());
        assertThat(books.billed(payer))
            .as("what %s pays, seed %s", payer, seed)
            .isEqualTo(due * Accounting.CENTS);
        assertThat(books.audited(payer, "billing.invoice-differs"))
            .as("unexplained of %s, seed %s", payer, seed)
            .isZero();
        linesEqualTheLedger(books, payer, entries);
        billed += due;
      }
      assertThat(billed).as("seed %s", seed).isEqualTo(jobs);
    }

    /** Each line bills the jobs of its period that no later position bills. */
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
                      .filter(entry -> entry.adjustment() == null)
                      .count());
        }
      }
    }
  }
}
