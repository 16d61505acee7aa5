package io.outpost.local;

import io.outpost.Outpost;
import io.outpost.local.stripe.LocalStripe;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.springframework.beans.factory.support.DefaultListableBeanFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * API and worker in one process on the embedded AWS: the program of {@code mvn
 * spring-boot:test-run}, and what tests drive over HTTP. Closing it ends running jobs first, AWS
 * last.
 */
public final class LocalOutpost implements AutoCloseable {

  private static final String STRIPE = "outpost.stripe.api-base";

  private final EmbeddedAws aws;
  private final ConfigurableApplicationContext context;
  private final String adminKey;

  private LocalOutpost(EmbeddedAws aws, ConfigurableApplicationContext context, String adminKey) {
    this.aws = aws;
    this.context = context;
    this.adminKey = adminKey;
  }

  /** Starts everything, or says in one line why not and exits with 1. */
  public static void main(String[] args) {
    try {
      var outpost =
          start(
              setting("OUTPOST_LOCAL_DATA").map(Path::of),
              setting("OUTPOST_BOOTSTRAP_ADMIN_KEY"),
              Map.of());
      System.out.println(Welcome.text(outpost.address(), outpost.adminKey()));
    } catch (Throwable failure) {
      System.err.println("Outpost did not start: " + StartupFailure.explain(failure));
      System.exit(1);
    }
  }

  /** Starts on a fresh embedded AWS; settings are Spring properties that win over all others. */
  public static LocalOutpost start(
      Optional<Path> data, Optional<String> adminKey, Map<String, Object> settings) {
    StartupFailure.requireJdk();
    var aws = EmbeddedAws.start(data);
    try {
      return on(aws, adminKey.orElseGet(LocalOutpost::randomKey), settings, true);
    } catch (Throwable failure) {
      aws.close();
      throw failure;
    }
  }

  /**
   * Starts another Outpost on an embedded AWS that is there; it is closed with this one when {@code
   * owned}.
   */
  public static LocalOutpost on(
      EmbeddedAws aws, String adminKey, Map<String, Object> settings, boolean owned) {
    var env = setting("OUTPOST_ENV").orElse("local");
    try (var clients = aws.clients()) {
      new Provisioner(clients, env).provision();
    }
    Map<String, Object> all = new HashMap<>(aws.settings());
    all.put("outpost.env", env);
    all.put("outpost.auth.bootstrap-admin-key", adminKey);
    all.putAll(settings);
    if (setting("OUTPOST_STRIPE_API_BASE").isPresent() || all.containsKey(STRIPE)) {
      return run(aws, all, owned);
    }
    var stripe = LocalStripe.start(Clock.systemUTC());
    try {
      all.putAll(stripe.settings());
      var outpost = run(aws, all, owned);
      outpost.closeFirst("localStripe", stripe);
      stripe.notify(outpost.address());
      return outpost;
    } catch (Throwable failure) {
      stripe.close();
      throw failure;
    }
  }

  private static LocalOutpost run(EmbeddedAws aws, Map<String, Object> all, boolean owned) {
    var application = new SpringApplication(Outpost.class);
    application.setRegisterShutdownHook(true);
    application.addInitializers(context -> first(context.getEnvironment(), all));
    if (owned) {
      application.addInitializers(context -> closeLast(context, aws));
    }
    application.setAdditionalProfiles(all.getOrDefault("profile", "local").toString());
    var adminKey = all.get("outpost.auth.bootstrap-admin-key").toString();
    return new LocalOutpost(aws, application.run(), adminKey);
  }

  /** Where the API listens. */
  public String address() {
    return "http://localhost:" + context.getEnvironment().getProperty("local.server.port");
  }

  /** A key with the scope admin. */
  public String adminKey() {
    return adminKey;
  }

  /** The AWS beneath. */
  public EmbeddedAws aws() {
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

  /** What is registered last is closed first, while Outpost stops already. */
  private void closeFirst(String name, AutoCloseable resource) {
    var beans = (DefaultListableBeanFactory) context.getBeanFactory();
    beans.registerDisposableBean(name, resource::close);
  }

  private static void first(ConfigurableEnvironment environment, Map<String, Object> settings) {
    environment.getPropertySources().addFirst(new MapPropertySource("local", settings));
  }

  /** What is registered first is closed last, when nothing uses AWS any more. */
  private static void closeLast(ConfigurableApplicationContext context, EmbeddedAws aws) {
    var beans = (DefaultListableBeanFactory) context.getBeanFactory();
    beans.registerDisposableBean("embeddedAws", aws::close);
  }

  private static Optional<String> setting(String name) {
    return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isBlank());
  }

  private static String randomKey() {
    var bytes = new byte[16];
    new SecureRandom().nextBytes(bytes);
    return "op_live_" + HexFormat.of().formatHex(bytes);
  }
}
