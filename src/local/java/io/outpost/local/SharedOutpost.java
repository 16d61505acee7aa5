package io.outpost.local;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests a {@link LocalOutpost} (profile local), the {@link EmbeddedAws} beneath it, or {@link
 * TwoApis} as a parameter. All tests of a JVM share one of each. It is started when first asked
 * for, suspended while no class uses it, and ended with the JVM. Tests stay apart by using tenants
 * of their own. An {@link EmbeddedAws} alone is for Outposts that a class starts itself.
 */
public final class SharedOutpost implements ParameterResolver, AfterAllCallback {

  private static final Map<String, Object> SETTINGS =
      Map.of(
          "server.port",
          0,
          "outpost.probe",
          true,
          "outpost.agents.demo",
          "always",
          "outpost.webhooks.allow-loopback",
          true,
          "outpost.auth.rate-limit-per-minute",
          1_000_000);

  /**
   * What has been started. Not kept in JUnit's store: Surefire makes JUnit run each class in a run
   * of its own, at whose end JUnit closes what is in its store.
   */
  private static final Map<Class<?>, Shared> STARTED = new HashMap<>();

  private record Shared(Object it, List<BackgroundWork> work) {

    static Shared of(Object it, LocalOutpost... outposts) {
      return new Shared(it, Stream.of(outposts).map(BackgroundWork::new).toList());
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext extension) {
    var type = parameter.getParameter().getType();
    return type == EmbeddedAws.class || type == LocalOutpost.class || type == TwoApis.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext extension) {
    var type = parameter.getParameter().getType();
    if (type == EmbeddedAws.class) {
      var beside = List.of(parameter.getDeclaringExecutable().getParameterTypes());
      return beside.contains(LocalOutpost.class) ? aws() : ownAws(extension);
    }
    return type == LocalOutpost.class
        ? started(LocalOutpost.class, SharedOutpost::outpost)
        : started(TwoApis.class, SharedOutpost::twoApis);
  }

  /**
   * A separate AWS for classes that start Outposts themselves, because these leave jobs and
   * messages that no other Outpost must take.
   */
  private static EmbeddedAws ownAws(ExtensionContext extension) {
    return extension
        .getRoot()
        .getStore(Namespace.create(SharedOutpost.class))
        .getOrComputeIfAbsent(OwnAws.class, type -> new OwnAws(), OwnAws.class)
        .aws();
  }

  private record OwnAws(EmbeddedAws aws) implements ExtensionContext.Store.CloseableResource {

    OwnAws() {
      this(EmbeddedAws.start(Optional.empty()));
    }

    @Override
    public void close() {
      aws.close();
    }
  }

  /**
   * Suspends the background work after a class, but not after a nested one: the class around it may
   * still use the same objects.
   */
  @Override
  public void afterAll(ExtensionContext extension) {
    if (extension.getRequiredTestClass().getEnclosingClass() == null) {
      synchronized (STARTED) {
        STARTED.values().forEach(shared -> shared.work().forEach(BackgroundWork::rest));
      }
    }
  }

  /** The shared object of a type, started or resumed. */
  private static <T> T started(Class<T> type, Supplier<Shared> start) {
    synchronized (STARTED) {
      if (type != EmbeddedAws.class) {
        // Another Outpost on the same AWS must not take a message of this one.
        STARTED.entrySet().stream()
            .filter(other -> other.getKey() != type)
            .forEach(other -> other.getValue().work().forEach(BackgroundWork::awaitQuiet));
      }
      var shared = STARTED.get(type);
      if (shared == null) {
        shared = start.get();
        STARTED.put(type, shared);
      }
      shared.work().forEach(BackgroundWork::goOn);
      return type.cast(shared.it());
    }
  }

  private static EmbeddedAws aws() {
    return started(EmbeddedAws.class, () -> Shared.of(EmbeddedAws.start(Optional.empty())));
  }

  private static Shared outpost() {
    var outpost = LocalOutpost.on(aws().endpoints(), "local", SETTINGS);
    return Shared.of(outpost, outpost);
  }

  private static Shared twoApis() {
    var apis = new TwoApis(aws());
    return Shared.of(apis, apis.outposts());
  }
}
