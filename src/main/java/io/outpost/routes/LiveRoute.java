package io.outpost.routes;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.AsyncCallback;
import org.apache.camel.AsyncProcessor;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Channel;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Navigate;
import org.apache.camel.Processor;
import org.apache.camel.Route;
import org.apache.camel.RouteAware;
import org.apache.camel.Service;
import org.apache.camel.ShutdownRunningTask;
import org.apache.camel.impl.engine.DefaultRoute;
import org.apache.camel.processor.aggregate.AggregateProcessor;
import org.apache.camel.spi.Resource;
import org.apache.camel.spi.RouteIdAware;
import org.apache.camel.spi.ShutdownAware;
import org.apache.camel.spi.ShutdownPrepared;
import org.apache.camel.support.service.ServiceHelper;
import org.jspecify.annotations.Nullable;

/**
 * A route whose steps can be replaced while it receives messages. New messages go through the new
 * steps. Messages in progress finish in the old steps, which stop when they are empty. Camel itself
 * starts and stops only the consumer. Thread-safe.
 */
final class LiveRoute extends DefaultRoute {

  private final Entrance entrance = new Entrance();
  private final Map<String, Processor> onExceptions = new HashMap<>();
  private final Map<String, Processor> onCompletions = new HashMap<>();
  private final Steps steps = new Steps();
  private final Traffic traffic;

  private LiveRoute(
      CamelContext camel,
      NamedNode definition,
      String id,
      String description,
      String note,
      Endpoint endpoint,
      Resource resource,
      Traffic traffic) {
    super(camel, definition, id, description, note, endpoint, resource);
    this.traffic = traffic;
  }

  /**
   * Creates the route; that of the contract stays as Camel makes it, because its component inspects
   * the steps.
   */
  static Route create(
      CamelContext camel,
      NamedNode definition,
      String id,
      String description,
      String note,
      Endpoint endpoint,
      Resource resource,
      Traffic traffic) {
    return endpoint.getEndpointUri().startsWith("rest-openapi:")
        ? new DefaultRoute(camel, definition, id, description, note, endpoint, resource)
        : new LiveRoute(camel, definition, id, description, note, endpoint, resource, traffic);
  }

  @Override
  public void setProcessor(Processor processor) {
    steps.first = (AsyncProcessor) processor;
    entrance.steps = steps;
    super.setProcessor(entrance);
  }

  @Override
  public void setOnException(String id, Processor processor) {
    onExceptions.put(id, processor);
  }

  @Override
  public @Nullable Processor getOnException(String id) {
    return onExceptions.get(id);
  }

  @Override
  public void setOnCompletion(String id, Processor processor) {
    onCompletions.put(id, processor);
  }

  /**
   * Empty, because Camel would stop these services with the route; here they stop with the steps.
   */
  @Override
  public Collection<Processor> getOnExceptions() {
    return List.of();
  }

  @Override
  public Collection<Processor> getOnCompletions() {
    return List.of();
  }

  /**
   * As in Camel, but begins behind the entrance, because Camel walks through the steps to prepare
   * them.
   */
  @Override
  @SuppressWarnings("unchecked")
  public Navigate<Processor> navigate() {
    var all = (Navigate<Processor>) steps.first;
    return all.next().size() == 1 && all.next().getFirst() instanceof Navigate<?> first
        ? (Navigate<Processor>) first
        : all;
  }

  /** The steps that this route was built with. */
  Steps steps() {
    return steps;
  }

  /** Sends new messages through other steps, which are started already; returns the old steps. */
  Steps enter(Steps next) {
    var before = entrance.steps;
    entrance.steps = next;
    return before;
  }

  /** The current steps. */
  Steps current() {
    return entrance.steps;
  }

  /** Lets Camel stop this route without waiting for messages in progress. */
  void leave() {
    entrance.left = true;
  }

  /** The place where messages enter. Camel knows only this one processor instead of the steps. */
  private final class Entrance implements AsyncProcessor, ShutdownAware, Service {

    @SuppressWarnings("NullAway.Init") // Camel sets it before it starts the route.
    private volatile Steps steps;

    private volatile boolean left;

    @Override
    public void start() {
      steps.start();
    }

    /**
     * Stops the steps only with the whole application: when just the route is stopped, messages may
     * still be in its steps.
     */
    @Override
    public void stop() {
      if (getCamelContext().isStopping()) {
        steps.stop();
      }
    }

    @Override
    public boolean deferShutdown(ShutdownRunningTask task) {
      return true;
    }

    @Override
    public int getPendingExchangesSize() {
      return left ? 0 : steps.putAside();
    }

    @Override
    public void prepareShutdown(boolean suspendOnly, boolean forced) {
      if (!left) {
        steps.prepareStop(suspendOnly, forced);
      }
    }

    @Override
    public boolean process(Exchange exchange, AsyncCallback callback) {
      var entered = enter();
      var since = traffic.begin();
      try {
        return entered.first.process(
            exchange,
            synchronously -> {
              traffic.end(since, exchange.isFailed());
              entered.inside.decrementAndGet();
              callback.done(synchronously);
            });
      } catch (RuntimeException | Error e) {
        entered.inside.decrementAndGet();
        throw e;
      }
    }

    @Override
    public void process(Exchange exchange) throws Exception {
      var entered = enter();
      var since = traffic.begin();
      try {
        entered.first.process(exchange);
      } finally {
        traffic.end(since, exchange.isFailed());
        entered.inside.decrementAndGet();
      }
    }

    @Override
    public CompletableFuture<Exchange> processAsync(Exchange exchange) {
      var ended = new CompletableFuture<Exchange>();
      process(exchange, synchronously -> ended.complete(exchange));
      return ended;
    }

    /**
     * Counts the message first, and then checks that the steps are still current, so that no steps
     * are stopped while in use.
     */
    @SuppressWarnings("ReferenceEquality") // Steps are compared by identity.
    private Steps enter() {
      while (true) {
        var now = steps;
        now.inside.incrementAndGet();
        if (now == steps) {
          return now;
        }
        now.inside.decrementAndGet();
      }
    }
  }

  /** The steps of a route with their services: everything except the consumer. */
  final class Steps {

    private final AtomicInteger inside = new AtomicInteger();

    @SuppressWarnings("NullAway.Init") // Camel sets it before it starts the route.
    private AsyncProcessor first;

    private volatile Set<Service> services = Set.of();

    /** Starts the steps, once. */
    synchronized void start() {
      if (!services.isEmpty()) {
        return;
      }
      services = gather();
      for (var service : services) {
        if (service instanceof RouteAware aware) {
          aware.setRoute(LiveRoute.this);
        }
        if (service instanceof RouteIdAware aware) {
          aware.setRouteId(getId());
        }
        CamelContextAware.trySetCamelContext(service, getCamelContext());
        ServiceHelper.initService(service);
      }
      services.forEach(ServiceHelper::startService);
    }

    /** The number of messages in the steps, including those that an aggregation has collected. */
    int inside() {
      return inside.get() + putAside();
    }

    /** The messages that aggregations have collected, and those that they are just sending. */
    private int putAside() {
      int count = 0;
      for (var service : services) {
        if (service instanceof ShutdownAware aware) {
          count += aware.getPendingExchangesSize();
        }
        if (service instanceof AggregateProcessor aggregation) {
          count += aggregation.getInProgressCompleteExchanges();
        }
      }
      return count;
    }

    /** Tells steps that collect messages to send them. */
    void prepareStop(boolean suspendOnly, boolean forced) {
      services.stream()
          .filter(ShutdownPrepared.class::isInstance)
          .forEach(service -> ((ShutdownPrepared) service).prepareShutdown(suspendOnly, forced));
    }

    /** Stops the steps for good. */
    synchronized void stop() {
      var all = new LinkedHashSet<>(services);
      for (var service : services) {
        if (service instanceof Channel channel
            && channel.getErrorHandler() instanceof Service handler) {
          all.add(handler);
        }
      }
      all.forEach(ServiceHelper::stopAndShutdownService);
      services = Set.of();
    }

    private Set<Service> gather() {
      var roots = new ArrayList<Processor>(List.of(first));
      roots.addAll(onCompletions.values());
      roots.addAll(onExceptions.values());
      var all = new LinkedHashSet<Service>();
      for (var root : roots) {
        if (root instanceof Service service) {
          all.addAll(ServiceHelper.getChildServices(service));
        }
      }
      return all;
    }
  }
}
