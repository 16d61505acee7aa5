package io.outpost.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.outpost.audit.AuditEntry;
import io.outpost.auth.ApiKey;
import io.outpost.job.Job;
import io.outpost.kernel.Json;
import io.outpost.tenant.Tenant;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.core.io.ClassPathResource;

/**
 * Java types and the contract's schemas accept the same: for each type a valid object, and that
 * object with one field changed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TypesAndSchemasAgreeTest {

  private static final ObjectMapper MAPPER = Json.objectMapper();

  private static final String TENANT =
      """
      {"tenant_id":"6f1c1d1e-0000-4000-8000-000000000001","name":"Acme","email":"dev@acme.example",
       "tier":"pro","status":"active","stripe_customer_id":null,"subscription_status":null,
       "created_at":"2026-11-21T22:38:00.000Z","updated_at":"2026-11-21T22:38:00.000Z"}\
      """;
  private static final String API_KEY =
      """
      {"key_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","tenant_id":"6f1c1d1e-0000-4000-8000-000000000001",
       "name":"first","scopes":["jobs:read","jobs:write"],"mode":"live",
       "created_at":"2026-11-21T22:38:00.000Z","expires_at":null,"revoked_at":null,
       "last_used_at":null,"rate_limit_per_minute":null}\
      """;
  private static final String JOB =
      """
      {"job_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","tenant_id":"6f1c1d1e-0000-4000-8000-000000000001",
       "agent":"claude","command":"Say hello","workspace":null,"priority":"normal",
       "timeout_seconds":3600,"secrets":["GITHUB_TOKEN"],"mode":"live","status":"pending","attempts":0,
       "created_at":"2026-11-21T22:38:00.000Z","started_at":null,"completed_at":null,
       "exit_code":null,"output_location":null,"waiting_reason":"queued","estimated_start":null,
       "error":null,"start_after":null,"model":"opus",
       "max_cost_usd":2.5,"usage":{"input_tokens":1,"output_tokens":2,"cost_usd":0.5},"continues":null,
       "conversation":"0199-a_b"}\
      """;
  private static final String AUDIT_ENTRY =
      """
      {"entry_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","tenant_id":"6f1c1d1e-0000-4000-8000-000000000001",
       "timestamp":"2026-11-21T22:38:00.000Z","action":"submitJob","resource":"/jobs",
       "outcome":"allowed","status":202,"request_id":"r-1","key_id":"01ARZ3NDEKTSV4RRFFQ69G5FAV",
       "ip_address":"127.0.0.1","user_agent":"curl","metadata":{}}\
      """;

  private static final String TIMES =
      "\"2026-11-21T22:38:00Z\"|\"2026-02-28T23:59:59.123456789Z\"|\"2028-02-29T00:00:00.000Z\"|\"2026-11-21T22:38:00+02:00\"|\"1970-01-01T00:00:00-00:30\"";
  private static final String NO_TIMES =
      "1|1.5|true|\"\"|\"now\"|\"2026-11-21\"|\"2026-11-21T22:38:00\"|\"2026-11-21T22:38:00+0200\"|\"1969-12-31T23:59:59Z\"|\"9999-12-31T23:59:59-00:01\""
          + "|\"2026-11-21t22:38:00z\"|\"2026-02-30T00:00:00Z\"|\"2026-11-21T24:00:00Z\"|\"2026-11-21T22:38:60Z\"";

  /** A type, the schema of its name, and an object that both must accept. */
  private record Subject(Class<?> type, String schema, String valid) {}

  private static final List<Subject> SUBJECTS =
      List.of(
          new Subject(Tenant.class, "Tenant", TENANT),
          new Subject(ApiKey.class, "ApiKey", API_KEY),
          new Subject(Job.class, "Job", JOB),
          new Subject(AuditEntry.class, "AuditEntry", AUDIT_ENTRY));

  /** Valid and invalid values, as JSON, for all fields with a name. */
  private static final Map<String, Values> FIELDS =
      Map.ofEntries(
          field(
              "tenant_id",
              "",
              "null|1|\"\"|\"6F1C1D1E-0000-4000-8000-000000000001\"|\"6f1c1d1e-0000-4000-8000-000000000001\\n"
                  + "\"|\"x\""),
          field(
              "job_id",
              "\"01ARZ3NDEKTSV4RRFFQ69G5FAA\"",
              "null|\"01arz3ndektsv4rrffq69g5fav\"|\"81ARZ3NDEKTSV4RRFFQ69G5FAV\"|\"01ARZ3NDEKTSV4RRFFQ69G5FAU\"|1"),
          field(
              "entry_id",
              "\"01ARZ3NDEKTSV4RRFFQ69G5FAA\"",
              "null|\"x\"|\"01ARZ3NDEKTSV4RRFFQ69G5FAV \"|{}"),
          field(
              "name",
              "\"a\"|\"Ümlaut & Söhne\"|\"" + "n".repeat(100) + "\"|\"" + "😀".repeat(100) + "\"",
              "null|\"\"|\"a\\nb\"|\""
                  + "n".repeat(101)
                  + "\"|\""
                  + "😀".repeat(101)
                  + "\"|7|true|[]"),
          field(
              "email",
              "\"a@b.c\"|\"a@b\"|\"" + "a".repeat(64) + "@b.co\"",
              "null|\"\"|\"a b@c.de\"|\"a@b.c\\n\"|\""
                  + "a".repeat(65)
                  + "@b.co\"|\"a@"
                  + "b".repeat(260)
                  + ".co\"|1"),
          field(
              "tier", "\"free\"|\"pro\"|\"enterprise\"", "null|\"\"|\"Pro\"|\"PRO\"|\"gold\"|0|1"),
          field("max_cost_usd", "null|1|0.01", "\"x\"|{}"),
          field(
              "usage",
              "null|{\"input_tokens\":0,\"output_tokens\":0,\"cost_usd\":null}",
              "1|\"x\"|{\"input_tokens\":-1,\"output_tokens\":0}"),
          field("continues", "null|\"01ARZ3NDEKTSV4RRFFQ69G5FAA\"", "\"x\"|1"),
          field("conversation", "null|\"a\"", "\"\"|\"-a\"|\"a b\"|1"),
          field("model", "null|\"opus\"|\"openai/gpt-5:free\"", "\"\"|\"--x\"|\"a b\"|1"),
          field("start_after", "null|" + TIMES, NO_TIMES),
          field("secrets", "null|[]|[\"A\",\"b_1\"]", "\"A\"|{}|1"),
          field(
              "scopes",
              "[]|[\"admin\"]|[\"audit:read\",\"billing\"]",
              "null|\"admin\"|[\"all\"]|[null]|[1]|{}"),
          field("priority", "\"low\"|\"normal\"|\"high\"", "null|\"\"|\"URGENT\"|1"),
          field(
              "agent",
              "\"claude\"|\"my-agent-2\"",
              "null|\"\"|\"Claude\"|\"-x\"|\"a b\"|\"" + "a".repeat(33) + "\"|1"),
          field(
              "command",
              "\"x\"|\""
                  + "x".repeat(10_000)
                  + "\"|\""
                  + "😀".repeat(10_000)
                  + "\"|\"line\\nline\"",
              "null|\"\"|\"" + "x".repeat(10_001) + "\"|1|true|{}"),
          field("timeout_seconds", "1|43200|60.0", "null|0|-1|43201|1.5|\"60\"|true|1e99"),
          field("attempts", "0|3", "null|-1|0.5|\"1\"|false"),
          field("exit_code", "null|0|137|-1", "1.5|\"0\"|true"),
          field("rate_limit_per_minute", "null|1|100000", "0|-5|2.5|\"10\""),
          field(
              "waiting_reason",
              "null|\"queued\"|\"scheduled\"|\"tenant-limit\"|\"tenant-suspended\"|\"workspace\"|\"retry\"",
              "\"\"|\"bored\"|1"),
          field(
              "error",
              "null|{\"code\":\"agent-failed\",\"message\":\"exit 1\"}",
              "{}|{\"code\":\"x\"}|{\"code\":1,\"message\":\"x\"}|\"x\"|[]"),
          field("workspace", "null|\"site\"", "1|true|{}"),
          field("output_location", "null|\"/jobs/x/output\"", "1"),
          field("outcome", "\"allowed\"|\"denied\"|\"failed\"", "null|\"\"|\"Allowed\"|0|2"),
          field(
              "action",
              "\"getJob\"|\"job.dead_letter\"|\"billing.quota-80\"|\"stripe.customer.subscription.updated\"|\"unknown\"",
              "null|\"\"|\"a b\"|\"1a\"|\".a\"|\"" + "a".repeat(65) + "\"|1"),
          field("resource", "\"/\"|\"/jobs/x\"", "null|1"),
          field("request_id", "null|\"r\"", "1"),
          field("ip_address", "null|\"::1\"", "1"),
          field("user_agent", "null|\"curl\"", "true"),
          field("metadata", "{}|{\"problem\":\"forbidden\"}", "null|[]|\"x\"|{\"problem\":1}"),
          field("stripe_customer_id", "null|\"cus_1\"", "1"),
          field("subscription_status", "null|\"active\"", "1"),
          field("created_at", TIMES, NO_TIMES + "|null"),
          field("updated_at", TIMES, NO_TIMES + "|null"),
          field("timestamp", TIMES, NO_TIMES + "|null"),
          field("expires_at", TIMES + "|null", NO_TIMES),
          field("revoked_at", "null", NO_TIMES),
          field("last_used_at", "null", NO_TIMES),
          field("started_at", TIMES + "|null", NO_TIMES),
          field("completed_at", "null", NO_TIMES),
          field("estimated_start", "null", NO_TIMES));

  private static final List<String> DIFFERENT = List.of("status", "key_id", "mode");

  private record Values(List<String> accepted, List<String> refused) {}

  private final Contract contract;

  TypesAndSchemasAgreeTest() throws IOException {
    contract =
        new Contract(
            new ClassPathResource("openapi/outpost.yaml"),
            "",
            "high=6,normal=3,low=1",
            () -> List.of("claude"));
  }

  static Stream<Arguments> examples() {
    return SUBJECTS.stream().flatMap(TypesAndSchemasAgreeTest::examplesOf);
  }

  @ParameterizedTest(name = "{0} with {2}: {3}")
  @MethodSource("examples")
  void bothJudgeTheSame(
      Class<?> type, String schema, String change, boolean accepted, JsonNode example) {
    assertThat(isAccepted(type, example)).as("the type").isEqualTo(accepted);
    assertThat(
            contract
                .schema(schema)
                .validate(
                    example,
                    c -> c.executionConfig(config -> config.formatAssertionsEnabled(true))))
        .as("the schema")
        .matches(faults -> faults.isEmpty() == accepted);
  }

  private static Stream<Arguments> examplesOf(Subject subject) {
    var valid = (ObjectNode) json(subject.valid());
    var examples = Stream.<Arguments>builder();
    examples.add(example(subject, "nothing changed", true, valid));
    examples.add(example(subject, "a field of tomorrow", true, valid.deepCopy().put("new", 1)));
    valid
        .properties()
        .forEach(
            field -> {
              var name = field.getKey();
              var values = values(subject, name);
              values.accepted().forEach(v -> examples.add(changed(subject, valid, name, v, true)));
              values.refused().forEach(v -> examples.add(changed(subject, valid, name, v, false)));
              var without = valid.deepCopy();
              without.remove(name);
              var optional = values.accepted().contains("null") || isOlder(subject, name);
              examples.add(example(subject, "no " + name, optional, without));
            });
    return examples.build();
  }

  /** Jobs from before modes existed have no mode. */
  private static boolean isOlder(Subject subject, String field) {
    return subject.schema().equals("Job") && field.equals("mode");
  }

  /** The values for a field; two types have a status or key_id with different rules. */
  private static Values values(Subject subject, String field) {
    if (!DIFFERENT.contains(field)) {
      return FIELDS.get(field);
    }
    if (field.equals("mode")) {
      return subject.schema().equals("Job")
          ? values("\"live\"|\"test\"", "\"\"|\"Live\"|0")
          : values("\"live\"|\"test\"", "null|\"\"|\"Live\"|0");
    }
    if (field.equals("key_id")) {
      return subject.schema().equals("ApiKey")
          ? values("\"7ZZZZZZZZZZZZZZZZZZZZZZZZZ\"", "null|\"x\"|1")
          : values("null|\"01ARZ3NDEKTSV4RRFFQ69G5FAV\"", "1|true");
    }
    return switch (subject.schema()) {
      case "Tenant" ->
          values(
              "\"active\"|\"suspended\"|\"past_due\"|\"deleted\"", "null|\"\"|\"ACTIVE\"|\"x\"|0");
      case "Job" -> values("\"pending\"|\"dead_letter\"", "null|\"\"|\"done\"|1");
      default -> values("null|200|503", "\"200\"|1.5|true");
    };
  }

  private static Arguments changed(
      Subject subject, ObjectNode valid, String field, String value, boolean accepted) {
    var shown = value.length() <= 60 ? value : value.substring(0, 60) + "…";
    var example = valid.deepCopy();
    example.set(field, json(value));
    return example(subject, field + " " + shown, accepted, example);
  }

  private static Arguments example(
      Subject subject, String change, boolean accepted, JsonNode example) {
    return Arguments.of(subject.type(), subject.schema(), change, accepted, example);
  }

  private static boolean isAccepted(Class<?> type, JsonNode example) {
    try {
      return MAPPER.treeToValue(example, type) != null;
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  private static Map.Entry<String, Values> field(String name, String accepted, String refused) {
    return Map.entry(name, values(accepted, refused));
  }

  private static Values values(String accepted, String refused) {
    return new Values(split(accepted), split(refused));
  }

  private static List<String> split(String values) {
    return values.isEmpty() ? List.of() : List.of(values.split("\\|"));
  }

  private static JsonNode json(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(text, e);
    }
  }
}
