package io.outpost.routes;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.apache.camel.spi.BeanRepository;
import org.apache.camel.util.concurrent.SynchronousExecutorService;
import org.jspecify.annotations.Nullable;

/**
 * The registry for routes under test: stand-ins for steps and values, an executor that runs
 * parallel work at once, and the few real objects that can be created without others, such as
 * aggregation strategies.
 */
record StandInRegistry(TestableRoutes routes, StandIns standIns, Known known)
    implements BeanRepository {

  private static final ObjectMapper MAPPER = new ObjectMapper().findAndRegisterModules();

  interface Source {
    @Nullable Object of(Exchange exchange) throws Exception;
  }

  /** A value in the registry under a name; Camel calls the single method of its bean. */
  public static final class Value {
    private final Source source;

    Value(Source source) {
      this.source = source;
    }

    /** The value at present. */
    public @Nullable Object value(Exchange exchange) throws Exception {
      return source.of(exchange);
    }
  }

  @Override
  public @Nullable Object lookupByName(String name) {
    if (name.startsWith(TestableRoutes.STEP)) {
      var id = name.substring(TestableRoutes.STEP.length());
      return (Processor) exchange -> standIns.step(id, routes.callOf(id), exchange);
    }
    var call = routes.valueOf(name);
    if (name.startsWith(TestableRoutes.VALUE) && call != null) {
      return new Value(exchange -> standIns.value(call, exchange));
    }
    var path = routes.path(name);
    if (name.startsWith(TestableRoutes.PATH) && path != null) {
      return new Value(exchange -> read(path, exchange));
    }
    if (name.equals(TestableRoutes.GATHER)) {
      return (Processor)
          exchange -> exchange.getMessage().setBody(Arrays.asList(exchange.getMessage().getBody()));
    }
    if (AdmissionGuard.BEAN.endsWith(":" + name)) {
      return (Processor) exchange -> {}; // ModelCheck verifies admission, so tests skip it
    }
    if (name.equals("watchers") || name.equals(TestableRoutes.AT_ONCE)) {
      return new SynchronousExecutorService();
    }
    return make(name);
  }

  private static @Nullable Object read(List<String> path, Exchange exchange) {
    var rest = path.subList(path.getFirst().equals("body") ? 1 : 2, path.size());
    var start =
        switch (path.getFirst()) {
          case "body" -> exchange.getMessage().getBody();
          case "variable" -> exchange.getVariable(path.get(1));
          default -> exchange.getProperty(path.get(1));
        };
    return StandIns.follow(start, rest);
  }

  /** Creates a real object that needs no other; null when there is none with this name. */
  private @Nullable Object make(String name) {
    var type = known.type().apply(name);
    try {
      if (type == null) {
        return null;
      }
      var constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true);
      return constructor.newInstance();
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  @Override
  public <T> @Nullable T lookupByNameAndType(String name, Class<T> type) {
    var found = lookupByName(name);
    return type.isInstance(found) ? type.cast(found) : null;
  }

  @Override
  public <T> Map<String, T> findByTypeWithName(Class<T> type) {
    return type == ObjectMapper.class ? Map.of("mapper", type.cast(MAPPER)) : Map.of();
  }

  @Override
  public <T> Set<T> findByType(Class<T> type) {
    return type == ObjectMapper.class ? Set.of(type.cast(MAPPER)) : Set.of();
  }
}
