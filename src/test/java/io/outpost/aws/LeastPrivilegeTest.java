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
 * A role has the rights that its container needs and no other: an API and a worker go through
 * everything they do, and what they ask of AWS is compared with what Terraform allows.
 */
@Tag("product")
class LeastPrivilegeTest {

  private static final Path ACTIONS = Path.of("terraform/modules/ecs/actions.json");

  /** Only while Stripe fails: each writes to the table of usage, as calls that are tried do. */
  private static final Set<String> WHILE_STRIPE_FAILS =
      Set.of(
          "io.outpost.billing.BillingAlarms.updateItem",
          "io.outpost.billing.UnknownPrices.putItem",
          "io.outpost.billing.RejectedReports.getItem",
          "io.outpost.billing.RejectedReports.putItem",
          "io.outpost.billing.StripeKeys.updateItem");

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
        .isEmpty();
  }

  /** Else a right could be missing for what was not tried. */
  @Test
  void everythingThatTheCodeCallsWasTried() {
    var called =
        used.values().stream().flatMap(use -> use.callers().stream()).collect(Collectors.toSet());
    assertThat(callsInTheCode())
        .isNotEmpty()
        .filteredOn(call -> !WHILE_STRIPE_FAILS.contains(call))
        .isSubsetOf(called);
  }

  /** Every call to AWS that stands in the code, as {@link AwsUse#callers} names it. */
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

  /** Each action on each resource, one by one. */
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
                                            resource))))
        .toList();
  }

  private static Stream<String> texts(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText);
  }
}
