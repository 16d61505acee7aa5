package io.outpost;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.Environment;

/**
 * Checks the environment before anything else starts. In the roles api and worker, a message names
 * all missing or malformed settings at once, with the remedy, and the start ends. Values are never
 * shown, because they may be secret. Stateless.
 */
public final class StartupSettings
    implements ApplicationListener<ApplicationEnvironmentPreparedEvent> {

  private static final Set<String> API = Set.of("api");
  private static final Set<String> WORKER = Set.of("worker");
  private static final Set<String> BOTH = Set.of("api", "worker");
  private static final String ROLE = "SPRING_PROFILES_ACTIVE";
  private static final String STRIPE_KEY = "OUTPOST_STRIPE_SECRET_KEY";
  private static final String BUCKET = "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]";
  private static final String NAME_OF_BUCKET = "the name of the S3 bucket that Terraform made";
  private static final String PRICES = "price_\\w+(\\s*,\\s*price_\\w+)*";
  private static final String NAME_OF_PRICE =
      "the id of the tier's price at Stripe, price_…; older ones behind it, comma-separated";
  private static final String DURATION = "P(?=.)(\\d+D)?(T(?=.)(\\d+H)?(\\d+M)?(\\d+S)?)?";
  private static final String DAYS = "P[1-9]\\d{0,4}D";
  private static final String A_NUMBER_OF_DAYS = "a number of days such as P90D";
  private static final String COUNT = "[1-9]\\d{0,8}";

  /** The checked settings; {@code application.yaml} explains each. */
  static final List<Setting> ALL =
      List.of(
          required("AWS_REGION", BOTH, "[a-z]{2}(-[a-z]+)+-\\d", "an AWS region such as us-east-1"),
          required(
              "OUTPOST_ENV",
              BOTH,
              "[a-z][a-z0-9]{1,11}",
              "the name of the environment: 2 to 12 lower-case letters or digits, a letter first"),
          required("OUTPOST_OUTPUT_BUCKET", BOTH, BUCKET, NAME_OF_BUCKET),
          required("OUTPOST_AUDIT_BUCKET", BOTH, BUCKET, NAME_OF_BUCKET),
          required("OUTPOST_AUDIT_HEAD_BUCKET", BOTH, BUCKET, NAME_OF_BUCKET),
          forWork("OUTPOST_AWS_ACCOUNT_ID", "\\d{12}", "the account's number, 12 digits"),
          forWork(
              "OUTPOST_NOTICES_TOPIC_ARN",
              "arn:aws[a-z-]*:sns:[a-z0-9-]+:\\d{12}:[\\w-]+",
              "the ARN of the SNS topic for notices to operators"),
          optional(
              "OUTPOST_BOOTSTRAP_ADMIN_KEY",
              API,
              "op_(live|test)_[0-9a-f]{32}",
              "op_live_ or op_test_ and 32 lower-case hex digits, from: openssl rand -hex 16"),
          optional(
              "OUTPOST_BOOTSTRAP_ADMIN_KEY_EXPIRES_AT",
              API,
              "\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?Z",
              "an RFC 3339 time in UTC"),
          optional("OUTPOST_AWS_ENDPOINT", BOTH, "https?://\\S+", "the URL of an emulator of AWS"),
          optional(
              "OUTPOST_SECRETS_KMS_KEY_ID", API, "[\\w:/-]+", "the id, ARN or alias of a KMS key"),
          optional("OUTPOST_RATE_LIMIT_PER_MINUTE", API, COUNT, "requests a minute, a number"),
          optional("OUTPOST_STRIPE_API_BASE", API, "https?://\\S+", "the URL of Stripe's API"),
          optional(STRIPE_KEY, API, "[rs]k_\\w+", "a secret key of Stripe, sk_… or rk_…"),
          withStripe(
              "OUTPOST_STRIPE_WEBHOOK_SECRET",
              API,
              "whsec_\\w+(\\s*,\\s*whsec_\\w+)*",
              "the signing secret of the webhook endpoint, whsec_…"),
          withStripe("OUTPOST_STRIPE_PRICE_PRO", API, PRICES, NAME_OF_PRICE),
          withStripe("OUTPOST_STRIPE_PRICE_ENTERPRISE", API, PRICES, NAME_OF_PRICE),
          optional("OUTPOST_STRIPE_METER_EVENT_NAME", API, "\\S{1,100}", "a meter's event_name"),
          optional("OUTPOST_USAGE_REPORT_INTERVAL", API, DURATION, "a duration such as PT1M"),
          optional(
              "OUTPOST_USAGE_KEPT",
              BOTH,
              "P([4-9]\\d\\d|[1-9]\\d{3,4})D",
              "a number of days, P400D at least: an invoice of the last year may still change"),
          optional("OUTPOST_JOBS_KEPT_FREE", BOTH, DAYS, A_NUMBER_OF_DAYS),
          optional("OUTPOST_JOBS_KEPT_PRO", BOTH, DAYS, A_NUMBER_OF_DAYS),
          optional("OUTPOST_JOBS_KEPT_ENTERPRISE", BOTH, DAYS, A_NUMBER_OF_DAYS),
          optional("OUTPOST_TENANT_RETENTION", BOTH, DURATION, "a duration such as P30D"),
          optional("OUTPOST_PAST_DUE_GRACE", BOTH, DURATION, "a duration such as P7D"),
          optional("OUTPOST_AUDIT_RETENTION_FREE", BOTH, DAYS, A_NUMBER_OF_DAYS),
          optional("OUTPOST_AUDIT_RETENTION_PRO", BOTH, DAYS, A_NUMBER_OF_DAYS),
          optional("OUTPOST_AUDIT_RETENTION_ENTERPRISE", BOTH, DAYS, A_NUMBER_OF_DAYS),
          optional("OUTPOST_AUDIT_ARCHIVE_KEPT", BOTH, DAYS, A_NUMBER_OF_DAYS),
          optional(
              "OUTPOST_RECEIPTS_KMS_KEYS",
              API,
              "[\\w:/-]+(\\s*,\\s*[\\w:/-]+)*",
              "ids or ARNs of KMS keys, commas between them"),
          optional(
              "OUTPOST_REPOSITORIES_ALLOW_LOOPBACK",
              BOTH,
              "false",
              "false: only jobs of the local profile may clone from their own machine"),
          optional("OUTPOST_REPOSITORIES_SSH", API, "true|false", "true or false"),
          optional(
              "OUTPOST_WEBHOOKS_ALLOW_LOOPBACK",
              BOTH,
              "false",
              "false: only the local profile may send webhooks to its own machine"),
          optional("OUTPOST_WORKER_TENANCY", WORKER, "shared|single", "shared or single"),
          optional(
              "OUTPOST_WORKER_TIERS",
              WORKER,
              "(free|pro|enterprise)(,(free|pro|enterprise))*",
              "tiers whose jobs it takes, such as enterprise, or free,pro"),
          optional(
              "OUTPOST_OTLP_ENDPOINT",
              BOTH,
              "https?://\\S+",
              "the URL of an OTLP collector (HTTP)"),
          optional(
              "OUTPOST_OTLP_TOKEN",
              BOTH,
              "[\\w.~+/=-]{32,200}",
              "32 letters and digits or more, from: openssl rand -hex 32"),
          optional(
              "OUTPOST_TRACES_SHARE", BOTH, "0(\\.\\d{1,6})?|1(\\.0)?", "a number from 0 to 1"),
          optional("OUTPOST_METRICS_PROMETHEUS", BOTH, "true|false", "true or false"),
          new Setting(
              "OUTPOST_MANAGEMENT_TOKEN",
              BOTH,
              StartupSettings::agentsSeeThePort,
              Pattern.compile("[\\w.~+/=-]{32,200}"),
              "32 letters and digits or more, from: openssl rand -hex 32; agents share a worker's"
                  + " loopback, so its management port asks for it"),
          optional("OUTPOST_LOG_FORMAT", BOTH, "text|json", "text or json"),
          optional("OUTPOST_WORKER_SLOTS", WORKER, COUNT, "jobs at once, a number"),
          optional("OUTPOST_JOB_GRACE", WORKER, "\\d{1,4}", "seconds, a number"),
          optional("OUTPOST_SHUTDOWN_SECONDS", BOTH, COUNT, "seconds, a number"));

  /**
   * One setting.
   *
   * @param name the environment variable
   * @param roles the profiles that read it
   * @param needed whether it is required, given the other settings
   * @param pattern the pattern that the whole value must match
   * @param remedy what to set it to
   */
  record Setting(
      String name,
      Set<String> roles,
      Predicate<Environment> needed,
      Pattern pattern,
      String remedy) {

    Optional<String> fault(Environment environment) {
      var value = environment.getProperty(name, "");
      if (value.isBlank()) {
        return needed.test(environment) ? told("is missing") : Optional.empty();
      }
      return pattern.matcher(value.strip()).matches() ? Optional.empty() : told("is malformed");
    }

    private Optional<String> told(String fault) {
      return Optional.of("%s %s: set it to %s".formatted(name, fault, remedy));
    }
  }

  /** The start was refused; the message has one line for each faulty setting. */
  public static final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    Refused(List<String> faults) {
      super(String.join(System.lineSeparator(), faults));
    }
  }

  /**
   * @throws Refused when a setting is missing or malformed
   */
  @Override
  public void onApplicationEvent(ApplicationEnvironmentPreparedEvent event) {
    var faults = faults(event.getEnvironment());
    if (!faults.isEmpty()) {
      throw new Refused(faults);
    }
  }

  /** The faults of the settings of the active roles. */
  static List<String> faults(Environment environment) {
    if (!environment.matchesProfiles("api", "worker", "local", "verify")) {
      return List.of(ROLE + " is missing: set it to api or worker, the role of this container");
    }
    var settings =
        ALL.stream()
            .filter(setting -> environment.matchesProfiles(setting.roles().toArray(String[]::new)))
            .map(setting -> setting.fault(environment))
            .flatMap(Optional::stream);
    return Stream.concat(settings, samePort(environment).stream()).toList();
  }

  /**
   * Refuses a management port that is also the API's port, where every caller could read data that
   * is meant only for this machine.
   */
  private static Optional<String> samePort(Environment environment) {
    var port = environment.getProperty("management.server.port", Integer.class, 0);
    return port > 0 && port.equals(environment.getProperty("server.port", Integer.class))
        ? Optional.of(
            "MANAGEMENT_SERVER_PORT is SERVER_PORT too: set it to a port of its own, or not at all")
        : Optional.empty();
  }

  /** Names of the settings that a role requires. */
  static Stream<String> requiredBy(String role, Environment environment) {
    return ALL.stream()
        .filter(setting -> setting.roles().contains(role) && setting.needed().test(environment))
        .map(Setting::name);
  }

  private static Setting required(String name, Set<String> roles, String pattern, String remedy) {
    return new Setting(name, roles, environment -> true, Pattern.compile(pattern), remedy);
  }

  private static Setting optional(String name, Set<String> roles, String pattern, String remedy) {
    return new Setting(name, roles, environment -> false, Pattern.compile(pattern), remedy);
  }

  /** A setting that a role requires when there is a Stripe account. */
  private static Setting withStripe(String name, Set<String> roles, String pattern, String remedy) {
    return new Setting(name, roles, StartupSettings::bills, Pattern.compile(pattern), remedy);
  }

  /**
   * A setting that workers and an API with billing require: both read queues and notify operators.
   */
  private static Setting forWork(String name, String pattern, String remedy) {
    return new Setting(
        name, BOTH, e -> e.matchesProfiles("worker") || bills(e), Pattern.compile(pattern), remedy);
  }

  private static boolean agentsSeeThePort(Environment environment) {
    var port = environment.getProperty("MANAGEMENT_SERVER_PORT", "");
    return environment.matchesProfiles("worker")
        && (environment.getProperty("OUTPOST_METRICS_PROMETHEUS", "").equals("true")
            || !port.isBlank() && !port.equals("-1"));
  }

  private static boolean bills(Environment environment) {
    return !environment.getProperty(STRIPE_KEY, "").isBlank();
  }
}
