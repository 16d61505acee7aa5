package io.outpost.job;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.outpost.kernel.Json;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Every field of the contract's request becomes the job's field of the same name, and a rerun takes
 * over all input.
 */
class JobFieldsTest {

  private static final ObjectMapper MAPPER = Json.objectMapper();
  private static final Instant NOW = Instant.parse("2026-11-30T12:00:00Z");
  private static final String FIRST = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  private static final String SECOND = "01ARZ3NDEKTSV4RRFFQ69G5FAW";

  /** The fields that a rerun does not take over, because it starts at once. */
  private static final Set<String> NOT_REPEATED = Set.of("start_after");

  private static final Job ENDED =
      JobBuilder.builder()
          .jobId(FIRST)
          .tenantId("6f1c1d1e-0000-4000-8000-000000000001")
          .agent("claude")
          .command("Add a test.")
          .workspace("website")
          .priority("high")
          .timeoutSeconds(60)
          .secrets(List.of("GITHUB_TOKEN"))
          .mode("live")
          .status(Job.Status.failed)
          .attempts(2)
          .createdAt(NOW.minusSeconds(90))
          .startedAt(NOW.minusSeconds(60))
          .completedAt(NOW)
          .exitCode(1)
          .outputLocation("/jobs/" + FIRST + "/output")
          .error(new Job.Fault("agent-failed", "It ended with 1."))
          .labels(Map.of("team", "payments"))
          .startAfter(NOW.minusSeconds(70))
          .model("claude-sonnet-4-5")
          .maxCostUsd(new BigDecimal("2.5"))
          .usage(new Job.Usage(1, 2, null))
          .conversation("abc")
          .repository(
              new Repository(
                  "https://a.example/b.git", null, null, null, null, null, null, "c0", null))
          .inputs(List.of(new JobInput(FIRST, "a.txt", 1L, "00")))
          .warnings(List.of(new Job.Warning("output-truncated", "It was cut.")))
          .build();

  @Test
  void whatCanBeAskedForIsAFieldOfTheJob() throws IOException {
    assertThat(fields(ENDED)).containsKeys(requested().toArray(String[]::new));
  }

  @Test
  void aRepetitionHasAllOfTheInputAndNothingElse() throws IOException {
    var repeated = ENDED.repeated(SECOND, "live", NOW);
    var before = fields(ENDED.withRepository(ENDED.repository().fresh()));
    var after = fields(repeated);
    for (var field : requested()) {
      if (!NOT_REPEATED.contains(field)) {
        assertThat(after).as(field).containsEntry(field, before.get(field));
      }
    }
    assertThat(repeated.rerunOf()).isEqualTo(FIRST);
    assertThat(repeated.attempts()).isZero();
    assertThat(repeated.status()).isEqualTo(Job.Status.pending);
    assertThat(repeated.createdAt()).isEqualTo(NOW);
    assertThat(after)
        .extractingByKeys(
            "start_after",
            "started_at",
            "completed_at",
            "exit_code",
            "output_location",
            "error",
            "usage",
            "conversation",
            "continues")
        .containsOnlyNulls();
    assertThat(repeated.warnings()).isEmpty();
  }

  private static Map<String, Object> fields(Object object) {
    return MAPPER.convertValue(object, new TypeReference<>() {});
  }

  /** The fields of the contract's request for a job. */
  private static Set<String> requested() throws IOException {
    try (InputStream contract = JobFieldsTest.class.getResourceAsStream("/openapi/outpost.yaml")) {
      return fields(
              new ObjectMapper(new YAMLFactory())
                  .readTree(contract)
                  .at("/components/schemas/JobRequest/properties"))
          .keySet();
    }
  }
}
