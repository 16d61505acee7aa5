package io.outpost.local;

import io.outpost.Outpost;
import io.outpost.VirtualThreadCarriers;
import io.outpost.local.stripe.LocalStripe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.context.event.ApplicationEnvironmentPreparedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.Ordered;
import org.springframework.core.env.MapPropertySource;

/**
 * API and worker in one process on the embedded AWS: the program that {@code mvn
 * spring-boot:test-run} runs, and that tests use over HTTP. Closing it ends running jobs first and
 * AWS last. Thread-safe.
 */
public final class LocalOutpost implements AutoCloseable {

  private static final String ADMIN_KEY = "outpost.auth.bootstrap-admin-key";
  private static final String STRIPE = "outpost.stripe.api-base";

  /**
   * Settings with which {@code camel get} sees this process. Only one application in a process can
   * have them.
   */
  public static final Map<String, Object> CAMEL_COMMAND =
      Map.of(
          "camel.cli.enabled",
          true,
          "camel.main.jmx-enabled",
          true,
          "camel.main.dev-console-enabled",
          true);

  private final AwsClients.Endpoints aws;
  private final ConfigurableApplicationContext context;

  private LocalOutpost(AwsClients.Endpoints aws, ConfigurableApplicationContext context) {
    this.aws = aws;
    this.context = context;
  }

  /** Starts everything. If that fails, prints the reason in one line and exits with 1. */
  public static void main(String[] args) {
    VirtualThreadCarriers.provide();
    try {
      var outpost = start(setting("OUTPOST_LOCAL_DATA").map(Path::of), workshop());
      var chosen = setting("OUTPOST_BOOTSTRAP_ADMIN_KEY").isPresent();
      var welcome = new Welcome(outpost.address(), outpost.adminKey(), chosen);
      welcome.leaveIn(Path.of("target"));
      System.out.println(welcome.text());
    } catch (Throwable failure) {
      System.err.println("Outpost did not start: " + StartupFailure.explain(failure));
      System.exit(1);
    }
  }

  /**
   * Starts API and worker on an embedded AWS of their own, which is closed with them.
   *
   * @param data where AWS keeps its state; empty: in memory
   * @param settings Spring properties that take precedence over all others
   */
  public static LocalOutpost start(Optional<Path> data, Map<String, Object> settings) {
    var aws = EmbeddedAws.start(data);
    try {
      return run(aws.endpoints(), "local", settings, aws::close);
    } catch (Throwable failure) {
      aws.close();
      throw failure;
    }
  }

  /**
   * Starts another Outpost on an AWS that exists and stays: embedded, or LocalStack. Missing tables
   * and queues are created, for the environment that the setting {@code outpost.env} names.
   *
   * @param profile {@code api}, {@code worker} or {@code local} for both
   * @param settings Spring properties that take precedence over all others
   */
  public static LocalOutpost on(
      AwsClients.Endpoints aws, String profile, Map<String, Object> settings) {
    return run(aws, profile, settings, () -> {});
  }

  /** Where the API listens. */
  public String address() {
    return "http://localhost:" + property("local.server.port");
  }

  /** A key with the scope admin. */
  public String adminKey() {
    return property(ADMIN_KEY);
  }

  /** The addresses of the AWS services that it uses. */
  public AwsClients.Endpoints aws() {
    return aws;
  }

  /** The running application. */
  public ConfigurableApplicationContext context() {
    return context;
  }

  @Override
  public void close() {
    context.close();
  }

  private static LocalOutpost run(
      AwsClients.Endpoints aws, String profile, Map<String, Object> settings, Runnable last) {
    Map<String, Object> all = new HashMap<>(aws.settings());
    all.put("outpost.env", setting("OUTPOST_ENV").orElse("local"));
    all.put(ADMIN_KEY, setting("OUTPOST_BOOTSTRAP_ADMIN_KEY").orElseGet(LocalOutpost::randomKey));
    all.putAll(settings);
    try (var clients = AwsClients.of(aws)) {
      var provisioner = new Provisioner(clients, all.get("outpost.env").toString());
      provisioner.provision();
      Optional.ofNullable((String) all.get("outpost.routes"))
          .or(() -> setting("OUTPOST_ROUTES"))
          .ifPresent(folder -> provisioner.provision(Path.of(folder)));
    }
    if (setting("OUTPOST_STRIPE_API_BASE").isPresent() || all.containsKey(STRIPE)) {
      return launch(aws, profile, all, last);
    }
    return withStripe(aws, profile, all, last);
  }

  /** Starts an Outpost with a Stripe of its own, which sends it events. */
  private static LocalOutpost withStripe(
      AwsClients.Endpoints aws, String profile, Map<String, Object> all, Runnable last) {
    var stripe = LocalStripe.start(Clock.systemUTC(), name -> setting(name).orElse(null));
    try {
      all.putAll(stripe.settings());
      var outpost = launch(aws, profile, all, last);
      outpost.closeFirst("localStripe", stripe);
      if (!profile.equals("worker")) {
        stripe.notify(outpost.address());
      }
      return outpost;
    } catch (Throwable failure) {
      stripe.close();
      throw failure;
    }
  }

  private static LocalOutpost launch(
      AwsClients.Endpoints aws, String profile, Map<String, Object> all, Runnable last) {
    var application = new SpringApplication(Outpost.class);
    application.setAdditionalProfiles(profile);
    application.addListeners(new Settings(all));
    application.addInitializers(context -> closeLast(context, last));
    return new LocalOutpost(aws, application.run());
  }

  /**
   * Closes a resource before everything else, while Outpost is stopping: beans that are registered
   * last are closed first.
   */
  private void closeFirst(String name, AutoCloseable resource) {
    var beans = (DefaultListableBeanFactory) context.getBeanFactory();
    beans.registerDisposableBean(name, resource::close);
  }

  /** Adds settings before anything reads one. */
  private record Settings(Map<String, Object> settings)
      implements ApplicationListener<ApplicationEnvironmentPreparedEvent>, Ordered {
    @Override
    public void onApplicationEvent(ApplicationEnvironmentPreparedEvent prepared) {
      var sources = prepared.getEnvironment().getPropertySources();
      sources.addFirst(new MapPropertySource("local", settings));
    }

    @Override
    public int getOrder() {
      return Ordered.HIGHEST_PRECEDENCE;
    }
  }

  /**
   * Closes AWS last, when nothing uses it any more: beans that are registered first are closed
   * last.
   */
  private static void closeLast(ConfigurableApplicationContext context, Runnable last) {
    var beans = (DefaultListableBeanFactory) context.getBeanFactory();
    beans.registerDisposableBean("aws", last::run);
  }

  private String property(String name) {
    return context.getEnvironment().getRequiredProperty(name);
  }

  private static Optional<String> setting(String name) {
    return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isBlank());
  }

  /**
   * Settings for a checkout, in which routes are edited in the source folder. Camel's command line
   * is connected only on request: its connector reads every route each second, which takes half a
   * processor.
   */
  private static Map<String, Object> workshop() {
    Map<String, Object> settings =
        new HashMap<>(setting("OUTPOST_CAMEL_COMMAND").isPresent() ? CAMEL_COMMAND : Map.of());
    var source = Path.of("src/main/resources/routes");
    if (Files.isDirectory(source)) {
      settings.put("outpost.routes-source", source.toString());
    }
    return settings;
  }

  private static String randomKey() {
    var bytes = new byte[16];
    new SecureRandom().nextBytes(bytes);
    return "op_live_" + HexFormat.of().formatHex(bytes);
  }
}
