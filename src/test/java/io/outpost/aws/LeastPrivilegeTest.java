package io.outpost.aws;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.tngtech.archunit.core.domain.JavaMethodCall;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.outpost.Outpost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkClient;

/**
 * A role has exactly the rights that its container needs. An API and a worker do everything they
 * can do, and their AWS calls are compared with the rights that Terraform grants.
 */
@Tag("product")
class LeastPrivilegeTest {

  private static final Path ACTIONS = Path.of("terraform/modules/ecs/actions.json");

  /** Rights that the API passes on in presigned links and does not use itself. */
  private static final Set<Right> BY_LINK = Set.of(new Right("s3:PutObject", "output/inputs/*"));

  /**
   * Calls that are not tried. Each needs a right that a tried call needs, too: the name on a commit
   * (needs a server that accepts a push), the count of many open idempotency keys, and comparisons
   * that find a rejected report or a difference, or that a difference is gone.
   */
  private static final Set<String> NOT_TRIED =
      Set.of(
          "io.outpost.worker.Repositories.getItem",
          "io.outpost.http.OpenKeys.updateItem",
          "io.outpost.jobs.ExpiredJobs.putItem",
          "io.outpost.billing.RejectedReports.getItem",
          "io.outpost.billing.ToldDifferences.putItem",
          "io.outpost.billing.ToldDifferences.deleteItem");

  private static Map<String, AwsUse> used;

  @BeforeAll
  static void goThroughEverything() throws Exception {
    try (var installation = Installation.start()) {
      used = installation.use();
      installation.doEverything();
    }
  }

  @AfterAll
  static void forget() {
    used = null;
  }

  @ParameterizedTest
  @ValueSource(strings = {"api", "worker"})
  void aRoleMayDoWhatItsContainerDoes(String role) throws IOException {
    var allowed = allowed(role);
    assertThat(used.get(role).rights())
        .isNotEmpty()
        .filteredOn(needed -> allowed.stream().noneMatch(right -> right.covers(needed)))
        .isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"api", "worker"})
  void aRoleMayDoNothingElse(String role) throws IOException {
    var needed = used.get(role).rights();
    assertThat(allowed(role))
        .filteredOn(right -> needed.stream().noneMatch(right::covers))
        .allMatch(right -> role.equals("api") && BY_LINK.contains(right));
  }

  /** The attributes of an item that a role may write count, too. */
  @ParameterizedTest
  @ValueSource(strings = {"api", "worker"})
  void aRoleMayWriteNoOtherAttribute(String role) throws IOException {
    var needed = used.get(role).rights();
    for (var right : allowed(role)) {
      assertThat(right.attributes())
          .as(right.toString())
          .allMatch(
              pattern ->
                  needed.stream()
                      .filter(right::covers)
                      .flatMap(use -> use.attributes().stream())
                      .anyMatch(attribute -> Right.matches(pattern, attribute)));
    }
  }

  /** A worker runs agents, so an attacker who takes it over must not create keys or set a tier. */
  @Test
  void aWorkerWritesNothingThatMakesAKeyOrATenant() throws IOException {
    assertThat(allowed("worker"))
        .filteredOn(right -> right.resource().equals("tenants"))
        .filteredOn(right -> right.action().matches("dynamodb:(Put|Update|BatchWrite)Item"))
        .isNotEmpty()
        .allSatisfy(
            right ->
                assertThat(right.attributes())
                    .isNotEmpty()
                    .doesNotContain("key_hash", "scopes", "tier", "status", "revoked_at", "*"));
  }

  /** Otherwise a right could be missing for a call that was not tried. */
  @Test
  void everythingThatTheCodeCallsWasTried() {
    var called =
        used.values().stream().flatMap(use -> use.callers().stream()).collect(Collectors.toSet());
    assertThat(callsInTheCode())
        .isNotEmpty()
        .filteredOn(call -> !NOT_TRIED.contains(call))
        .isSubsetOf(called);
  }

  /** Every call to AWS in the code, named as in {@link AwsUse#callers}. */
  private static Set<String> callsInTheCode() {
    var product = Outpost.class.getProtectionDomain().getCodeSource().getLocation();
    return new ClassFileImporter()
        .importUrl(product).stream()
            .flatMap(type -> type.getMethodCallsFromSelf().stream())
            .filter(call -> call.getTargetOwner().isAssignableTo(SdkClient.class))
            .map(LeastPrivilegeTest::named)
            .filter(call -> !call.matches(".*[.](close|builder|create)"))
            .collect(Collectors.toSet());
  }

  private static String named(JavaMethodCall call) {
    var type = call.getOriginOwner().getName().replaceFirst("\\$.*", "");
    return type + "." + call.getName().replaceFirst("(Paginator|AsBytes)$", "");
  }

  /** The rights of a role, one for each action on each resource. */
  private static List<Right> allowed(String role) throws IOException {
    return StreamSupport.stream(
            new ObjectMapper().readTree(ACTIONS.toFile()).get(role).spliterator(), false)
        .flatMap(
            grant ->
                texts(grant.get("resources"))
                    .flatMap(
                        resource ->
                            texts(grant.get("actions"))
                                .map(
                                    action ->
                                        new Right(
                                            grant.get("service").asText() + ":" + action,
                                            resource,
                                            texts(grant.path("attributes"))
                                                .collect(Collectors.toSet())))))
        .toList();
  }

  private static Stream<String> texts(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText);
  }
}
