package io.outpost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.mock.env.MockEnvironment;

/**
 * Whoever deploys hears of every wrong setting at the first start, and nothing runs on half of
 * them.
 */
class StartupSettingsTest {

  private static final Map<String, String> GOOD =
      Map.ofEntries(
          Map.entry("AWS_REGION", "eu-central-1"),
          Map.entry("OUTPOST_ENV", "prod"),
          Map.entry("OUTPOST_OUTPUT_BUCKET", "outpost-output-prod-acme"),
          Map.entry("OUTPOST_AUDIT_BUCKET", "outpost-audit-prod-acme"),
          Map.entry("OUTPOST_AUDIT_HEAD_BUCKET", "outpost-audit-head-prod-acme"),
          Map.entry("OUTPOST_AWS_ACCOUNT_ID", "123456789012"),
          Map.entry("OUTPOST_NOTICES_TOPIC_ARN", "arn:aws:sns:eu-central-1:123456789012:n-prod"),
          Map.entry("OUTPOST_BOOTSTRAP_ADMIN_KEY", "op_live_" + "0a".repeat(16)),
          Map.entry("OUTPOST_RECEIPTS_KMS_KEYS", "arn:aws:kms:eu-central-1:123456789012:key/1-a"),
          Map.entry("OUTPOST_SECRETS_KMS_KEY_ID", "alias/outpost-prod"),
          Map.entry("OUTPOST_STRIPE_SECRET_KEY", "sk_live_abc"),
          Map.entry("OUTPOST_STRIPE_WEBHOOK_SECRET", "whsec_new, whsec_old"),
          Map.entry("OUTPOST_STRIPE_PRICE_PRO", "price_1"),
          Map.entry("OUTPOST_STRIPE_PRICE_ENTERPRISE", "price_2,price_3"),
          Map.entry("OUTPOST_USAGE_KEPT", "P400D"),
          Map.entry("OUTPOST_JOBS_KEPT_FREE", "P1D"),
          Map.entry("OUTPOST_USAGE_REPORT_INTERVAL", "PT1M"));

  @ParameterizedTest
  @ValueSource(strings = {"api", "worker"})
  void goodSettingsStart(String role) {
    assertThat(faults(role, GOOD)).isEmpty();
  }

  @Test
  void everyMissingSettingOfTheApiIsNamedAtOnce() {
    assertThat(faults("api", Map.of()))
        .extracting(StartupSettingsTest::name)
        .containsExactly(
            "AWS_REGION",
            "OUTPOST_ENV",
            "OUTPOST_OUTPUT_BUCKET",
            "OUTPOST_AUDIT_BUCKET",
            "OUTPOST_AUDIT_HEAD_BUCKET");
  }

  @Test
  void aWorkerNeedsNoKeyOfOursAndNothingOfStripes() {
    assertThat(faults("worker", Map.of()))
        .extracting(StartupSettingsTest::name)
        .contains("OUTPOST_NOTICES_TOPIC_ARN")
        .doesNotContain("OUTPOST_BOOTSTRAP_ADMIN_KEY");
    assertThat(StartupSettings.ALL)
        .filteredOn(setting -> setting.name().matches(".*(STRIPE|ADMIN_KEY).*"))
        .isNotEmpty()
        .allSatisfy(setting -> assertThat(setting.roles()).containsExactly("api"));
  }

  @ParameterizedTest
  @CsvSource({
    "OUTPOST_ENV, Prod",
    "AWS_REGION, frankfurt",
    "OUTPOST_OUTPUT_BUCKET, Not_A_Bucket",
    "OUTPOST_BOOTSTRAP_ADMIN_KEY, op_live_short",
    "OUTPOST_BOOTSTRAP_ADMIN_KEY_EXPIRES_AT, tomorrow",
    "OUTPOST_STRIPE_SECRET_KEY, pk_live_abc",
    "OUTPOST_STRIPE_WEBHOOK_SECRET, sk_live_abc",
    "OUTPOST_STRIPE_PRICE_PRO, prod_123",
    "OUTPOST_USAGE_REPORT_INTERVAL, 1 minute",
    "OUTPOST_USAGE_REPORT_INTERVAL, P1DT",
    "OUTPOST_RATE_LIMIT_PER_MINUTE, many",
    // A number alone would be milliseconds.
    "OUTPOST_JOBS_KEPT_FREE, 365",
    "OUTPOST_JOBS_KEPT_PRO, PT0S",
    "OUTPOST_JOBS_KEPT_ENTERPRISE, -P1D",
    "OUTPOST_USAGE_KEPT, 730",
    "OUTPOST_USAGE_KEPT, P31D",
    "OUTPOST_TENANT_RETENTION, 45",
    "OUTPOST_PAST_DUE_GRACE, 7 days",
    "OUTPOST_AUDIT_RETENTION_PRO, 45",
    "OUTPOST_AUDIT_ARCHIVE_KEPT, 730",
  })
  void aMalformedSettingIsNamedWithItsRemedyAndWithoutItsValue(String name, String value) {
    assertThat(faults("api", with(name, value)))
        .singleElement()
        .asString()
        .startsWith(name + " is malformed: set it to ")
        .doesNotContain(value);
  }

  @ParameterizedTest
  @CsvSource({
    "OUTPOST_METRICS_PROMETHEUS, true, true",
    "MANAGEMENT_SERVER_PORT, 9464, true",
    "MANAGEMENT_SERVER_PORT, -1, false",
    "OUTPOST_METRICS_PROMETHEUS, false, false",
  })
  void aPortThatAgentsSeeNeedsAToken(String name, String value, boolean isNeeded) {
    var token = "OUTPOST_MANAGEMENT_TOKEN";
    assertThat(faults("worker", with(name, value)).stream().anyMatch(f -> name(f).equals(token)))
        .isEqualTo(isNeeded);
    assertThat(faults("api", with(name, value)).stream().map(StartupSettingsTest::name))
        .doesNotContain(token);
  }

  @Test
  void anAccountAtStripeNeedsAllOfItsSettings() {
    var settings = new HashMap<>(GOOD);
    settings.keySet().removeIf(n -> n.startsWith("OUTPOST_STRIPE_"));
    assertThat(faults("api", settings)).isEmpty();
    settings.put("OUTPOST_STRIPE_SECRET_KEY", "sk_live_abc");
    assertThat(faults("api", settings))
        .extracting(StartupSettingsTest::name)
        .containsExactly(
            "OUTPOST_STRIPE_WEBHOOK_SECRET",
            "OUTPOST_STRIPE_PRICE_PRO",
            "OUTPOST_STRIPE_PRICE_ENTERPRISE");
  }

  @ParameterizedTest
  @ValueSource(strings = {"api", "worker", "local"})
  void whatIsForThisMachineAloneHasAPortOfItsOwn(String role) {
    var settings = new HashMap<>(GOOD);
    settings.put("server.port", "8080");
    settings.put("management.server.port", "8080");
    assertThat(faults(role, settings))
        .containsExactly(
            "MANAGEMENT_SERVER_PORT is SERVER_PORT too: set it to a port of its own, or not at"
                + " all");
    settings.put("management.server.port", "9464");
    assertThat(faults(role, settings)).isEmpty();
  }

  @Test
  void twoPortsThatTheSystemChoosesAreNotTheSame() {
    var settings = Map.of("server.port", "0", "management.server.port", "0");
    assertThat(faults("local", settings)).isEmpty();
  }

  @Test
  void aContainerWithoutARoleDoesNotStart() {
    assertThat(StartupSettings.faults(new MockEnvironment()))
        .singleElement()
        .asString()
        .startsWith("SPRING_PROFILES_ACTIVE is missing");
  }

  @Test
  void theLocalProfileNeedsNothing() {
    assertThat(faults("local", Map.of())).isEmpty();
  }

  @Test
  @ExtendWith(OutputCaptureExtension.class)
  void theStartEndsBeforeAnythingIsBuiltWithOneMessage(CapturedOutput output) {
    // Levels are the whole process's, and a local start before this silences these reports.
    LoggingSystem.get(getClass().getClassLoader())
        .setLogLevel("org.springframework.boot.diagnostics", LogLevel.ERROR);
    assertThatThrownBy(() -> application().run("--spring.profiles.active=api", "--OUTPOST_ENV=X"))
        .isInstanceOf(StartupSettings.Refused.class);
    assertThat(output)
        .contains("OUTPOST_ENV is malformed", "OUTPOST_OUTPUT_BUCKET is missing", "docs/operations")
        .doesNotContain("\tat ", "Nothing may be built");
  }

  private static SpringApplication application() {
    var application = new SpringApplication(Built.class);
    application.setWebApplicationType(WebApplicationType.NONE);
    application.setBannerMode(Banner.Mode.OFF);
    application.addListeners(new StartupSettings());
    return application;
  }

  @Configuration
  static class Built {
    Built() {
      throw new IllegalStateException("Nothing may be built");
    }
  }

  private static Map<String, String> with(String name, String value) {
    var settings = new HashMap<>(GOOD);
    settings.put(name, value);
    return settings;
  }

  private static List<String> faults(String role, Map<String, String> settings) {
    var environment = new MockEnvironment();
    environment.setActiveProfiles(role);
    settings.forEach(environment::setProperty);
    return StartupSettings.faults(environment);
  }

  private static String name(String fault) {
    return fault.substring(0, fault.indexOf(' '));
  }
}
