package io.outpost.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Numbers of retries are settings, so that nobody must copy a file to change one. */
class RetriesAreSettingsTest {

  @Test
  void stripeIsAskedAsOftenAsTheSettingSays() throws Exception {
    var failingTwice =
        """
        - test: the third attempt succeeds
          given:
            read-wanted-call: { path: /v1/customers }
            stripe: { in-turn: [{ throws: java.io.IOException }, { throws: java.io.IOException }, { returns: "{}" }] }
          when: { route: call-stripe }
          then: { calls: [stripe, stripe, stripe] }
        """;
    assertThat(run(failingTwice, Map.of("outpost.stripe.retries", "2"))).isEmpty();
    assertThat(run(failingTwice, Map.of("outpost.stripe.retries", "1")))
        .singleElement()
        .asString()
        .contains("`stripe` was not called after stripe");
  }

  @Test
  void theAuditIsWrittenAsOftenAsTheSettingSays() throws Exception {
    var failingTwice =
        """
        - test: the third attempt succeeds
          given:
            auditTable.batches: [[{ entryId: A1 }]]
            write-unwritten: { in-turn: [{ throws: SdkException }, { throws: SdkException }, {}] }
          when: { route: write-audit }
          then: { calls: [write-unwritten, write-unwritten, write-unwritten] }
        """;
    assertThat(run(failingTwice, Map.of("outpost.audit.write-retries", "2"))).isEmpty();
    assertThat(run(failingTwice, Map.of("outpost.audit.write-retries", "1"))).isNotEmpty();
  }

  private static List<Finding> run(String tests, Map<String, String> settings) throws Exception {
    var findings = new ArrayList<Finding>();
    var scenarios = Scenario.read("x.test.yaml", tests, findings);
    try (var beans = RoutesCommand.beans()) {
      var known = Known.of(beans.getBeanFactory(), beans.getEnvironment(), null);
      var set =
          new Known(
              known.beans(),
              known.type(),
              known.settings(),
              name ->
                  Optional.ofNullable(settings.get(name))
                      .orElseGet(() -> known.setting().apply(name)),
              known.operations(),
              known.queues());
      var files = RoutesCommand.ours(List.of("common", "api", "worker"));
      try (var run = new ScenarioRun(files, List.of(), set)) {
        scenarios.forEach(test -> findings.addAll(run.run(test)));
      }
    }
    return findings;
  }
}
