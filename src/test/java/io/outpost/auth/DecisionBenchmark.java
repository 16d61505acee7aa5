package io.outpost.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.aws.AwsProbe;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Customer;
import io.outpost.http.Admission;
import io.outpost.http.Call;
import io.outpost.http.Calls;
import io.outpost.http.Contract;
import io.outpost.local.SharedOutpost;
import io.outpost.local.TwoApis;
import io.outpost.tenant.Tenant;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * Measures the decision about a known key: the CPU time of the steps of admission, with the beans
 * of a running API, and the AWS calls made meanwhile. Run it by name (CONTRIBUTING.md); its report
 * is benchmarks/auth/report.md.
 */
@ExtendWith(SharedOutpost.class)
class DecisionBenchmark {

  private static final Path REPORT = Path.of("benchmarks", "auth", "report.md");
  private static final int WARM_UP = 600_000;
  private static final int ROUNDS = 9;
  private static final int TIMES = 200_000;
  private static final int WARM_UP_REQUESTS = 20_000;
  private static final int REQUESTS = 20_000;

  private final TwoApis apis;
  private final Customer customer;
  private final Authentication authentication;
  private final RateLimits rateLimits;
  private final Admission admission;

  DecisionBenchmark(TwoApis apis) {
    this.apis = apis;
    this.customer = Customer.of(apis.admin(), "pro");
    this.authentication = apis.bean(Authentication.class);
    this.rateLimits = apis.bean(RateLimits.class);
    this.admission = apis.bean(Admission.class);
    withoutLimit();
  }

  @Test
  void costOfTheCachedDecision() throws IOException {
    var call = Calls.of(apis.bean(Contract.class).operation("listJobs"), customer.client().key());
    decide(call);
    var calls =
        apis.probe().record(c -> c.mentions(customer.keyId()) || c.mentions(customer.tenantId()));
    var who = cost(call, authentication::authenticate);
    var rate = cost(call, rateLimits::take);
    var all = cost(call, this::decide);
    var draws = calls.stream().filter(this::isDraw).count();
    var others = calls.stream().filter(c -> !isDraw(c) && !c.mentions("last_used_at")).count();
    assertThat(others).as("AWS calls of the decision").isZero();
    var decisions = 3L * (WARM_UP + (long) ROUNDS * TIMES);
    var text =
        """
        # The cached decision about a key

        Made by `DecisionBenchmark` ([how](../../CONTRIBUTING.md)): Java %s, %d processors, one thread, after %,d \
        rounds of warming up; CPU time of the thread in microseconds, %d rounds of %,d.

        | step | median | least | most |
        | --- | --- | --- | --- |
        | whose key is it, is it good (`authenticate`) | %s |
        | a request of the minute (`limit-rate`) | %s |
        | all of it, with standing and scope | %s |

        AWS calls in %,d decisions: **0** to look anything up; %d to draw \
        permits (this key's limit is set out of reach; by default a draw is for 20 to 100 requests).

        Over HTTP with one client, %,d requests each in turn, microseconds:

        | request | p50 | p99 |
        | --- | --- | --- |
        %s\
        """
            .formatted(
                Runtime.version().feature(),
                Runtime.getRuntime().availableProcessors(),
                WARM_UP,
                ROUNDS,
                TIMES,
                who,
                rate,
                all,
                decisions,
                draws,
                REQUESTS,
                overHttp());
    Files.createDirectories(REPORT.getParent());
    Files.writeString(REPORT, text);
  }

  private void decide(Call call) {
    authentication.authenticate(call);
    rateLimits.take(call);
    authentication.checkStanding(call);
    admission.authorize(call);
  }

  /** The CPU microseconds of a step as table cells: median, least and most of the rounds. */
  private static String cost(Call call, Consumer<Call> step) {
    repeat(WARM_UP, call, step);
    var threads = ManagementFactory.getThreadMXBean();
    var micros = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      var before = threads.getCurrentThreadCpuTime();
      repeat(TIMES, call, step);
      micros[round] = (threads.getCurrentThreadCpuTime() - before) / 1e3 / TIMES;
    }
    Arrays.sort(micros);
    return "%.2f | %.2f | %.2f".formatted(micros[ROUNDS / 2], micros[0], micros[ROUNDS - 1]);
  }

  private static void repeat(int times, Call call, Consumer<Call> step) {
    for (int i = 0; i < times; i++) {
      step.accept(call);
    }
  }

  /** Measures requests with and without a key in turn, so that both meet the same load. */
  private String overHttp() {
    var paths = List.of("/health", "/auth/verify");
    var client = customer.client();
    var nanos = new long[paths.size()][REQUESTS];
    for (int i = -WARM_UP_REQUESTS; i < REQUESTS; i++) {
      for (int path = 0; path < paths.size(); path++) {
        var took = time(client, paths.get(path));
        if (i >= 0) {
          nanos[path][i] = took;
        }
      }
    }
    var rows = new StringBuilder();
    for (int path = 0; path < paths.size(); path++) {
      Arrays.sort(nanos[path]);
      rows.append(
          "| `GET %s` | %d | %d |%n"
              .formatted(
                  paths.get(path),
                  nanos[path][REQUESTS / 2] / 1000,
                  nanos[path][REQUESTS * 99 / 100] / 1000));
    }
    return rows.toString();
  }

  private static long time(Client client, String path) {
    var before = System.nanoTime();
    var status = client.get(path).status();
    var took = System.nanoTime() - before;
    assertThat(status).isEqualTo(200);
    return took;
  }

  private boolean isDraw(AwsProbe.Call call) {
    return call.mentions(customer.keyId() + "#");
  }

  /** Raises the key's rate limit beyond the number of calls, because the limit is not measured. */
  private void withoutLimit() {
    apis.clients()
        .dynamoDb()
        .updateItem(
            u ->
                u.tableName(apis.table("tenants"))
                    .key(Tenant.key(customer.tenantId(), "key#" + customer.keyId()))
                    .updateExpression("SET rate_limit_per_minute = :most")
                    .expressionAttributeValues(
                        Map.of(
                            ":most", AttributeValue.fromN(Integer.toString(Integer.MAX_VALUE)))));
  }
}
