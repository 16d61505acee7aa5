package io.outpost.local;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives tests an {@link EmbeddedAws}, a {@link LocalOutpost} (profile local, on that AWS) or {@link
 * TwoApis} as a parameter: one of each for all tests of a JVM, started when first asked for. Tests
 * keep apart by tenants of their own.
 */
public final class SharedOutpost implements ParameterResolver {

  private static final Namespace NAMESPACE = Namespace.create(SharedOutpost.class);
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

  /** JUnit closes what was stored last first. */
  private record Shared<T extends AutoCloseable>(T it)
      implements ExtensionContext.Store.CloseableResource {
    @Override
    public void close() throws Exception {
      it.close();
    }
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext extension) {
    var type = parameter.getParameter().getType();
    return type == EmbeddedAws.class || type == LocalOutpost.class || type == TwoApis.class;
  }

  @Override
  public AutoCloseable resolveParameter(ParameterContext parameter, ExtensionContext extension) {
    var store = extension.getRoot().getStore(NAMESPACE);
    var type = parameter.getParameter().getType();
    if (type == EmbeddedAws.class) {
      return aws(store);
    }
    return type == LocalOutpost.class ? outpost(store) : twoApis(store);
  }

  private static EmbeddedAws aws(ExtensionContext.Store store) {
    return (EmbeddedAws)
        store
            .getOrComputeIfAbsent(
                EmbeddedAws.class,
                type -> new Shared<>(EmbeddedAws.start(Optional.empty())),
                Shared.class)
            .it();
  }

  private static LocalOutpost outpost(ExtensionContext.Store store) {
    var aws = aws(store).endpoints();
    return (LocalOutpost)
        store
            .getOrComputeIfAbsent(
                LocalOutpost.class,
                type -> new Shared<>(LocalOutpost.on(aws, "local", SETTINGS)),
                Shared.class)
            .it();
  }

  private static TwoApis twoApis(ExtensionContext.Store store) {
    var aws = aws(store);
    return (TwoApis)
        store
            .getOrComputeIfAbsent(
                TwoApis.class, type -> new Shared<>(new TwoApis(aws)), Shared.class)
            .it();
  }
}
