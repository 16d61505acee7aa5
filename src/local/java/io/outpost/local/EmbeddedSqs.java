package io.outpost.local;

import com.typesafe.config.ConfigFactory;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.Props;
import org.apache.pekko.pattern.Patterns;
import org.elasticmq.StrictSQSLimits$;
import org.elasticmq.actor.QueueManagerActor;
import org.elasticmq.actor.queue.QueueEvent;
import org.elasticmq.persistence.CreateQueueMetadata;
import org.elasticmq.persistence.sql.DB;
import org.elasticmq.persistence.sql.SqlQueuePersistenceActor;
import org.elasticmq.persistence.sql.SqlQueuePersistenceConfig;
import org.elasticmq.rest.sqs.SQSRestServer;
import org.elasticmq.rest.sqs.SQSRestServerBuilder;
import org.elasticmq.util.NowProvider;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.FutureConverters;
import scala.util.Either;
import scalikejdbc.ConnectionPool;

/**
 * ElasticMQ, assembled from its parts. Its own server class listens before the stored queues are
 * restored, and fails when a queue is created meanwhile. All stored queues of a JVM share one
 * connection pool, so only one instance with a folder can run at a time.
 */
final class EmbeddedSqs implements EmbeddedService {

  private static final Duration RESTORE = Duration.ofSeconds(30);

  /** A long poll that still waits after this time is cut off. */
  private static final Duration LAST_POLLS = Duration.ofMillis(1500);

  private final ActorSystem actors;
  private final boolean stored;
  private SQSRestServer server;
  private URI endpoint;

  private EmbeddedSqs(ActorSystem actors, boolean stored) {
    this.actors = actors;
    this.stored = stored;
  }

  static EmbeddedSqs start(Optional<Path> folder, String region) throws Exception {
    // Only close() ends the actor system: a shutdown hook would race with jobs that still finish.
    // The tick ends polls without a message; the default would wake a hundred times a second.
    var config =
        ConfigFactory.parseString(
            "pekko.daemonic = on, pekko.coordinated-shutdown.run-by-jvm-shutdown-hook = off,"
                + " pekko.scheduler.tick-duration = 50ms");
    var loader = EmbeddedSqs.class.getClassLoader();
    var actors = ActorSystem.create("sqs", config.withFallback(ConfigFactory.load(loader)), loader);
    var service = new EmbeddedSqs(actors, folder.isPresent());
    try {
      service.listen(folder, region);
    } catch (Exception e) {
      service.close();
      throw e;
    }
    return service;
  }

  @Override
  public URI endpoint() {
    return endpoint;
  }

  @Override
  public void close() throws Exception {
    try {
      if (server != null) {
        FutureConverters.asJava(server.stopAndGetFuture().apply())
            .toCompletableFuture()
            .completeOnTimeout(null, LAST_POLLS.toMillis(), TimeUnit.MILLISECONDS)
            .get();
      }
    } finally {
      actors.terminate();
      actors.getWhenTerminated().toCompletableFuture().get(30, TimeUnit.SECONDS);
      if (stored) {
        ConnectionPool.closeAll();
      }
    }
  }

  private void listen(Optional<Path> folder, String region) throws Exception {
    var store = Option.apply(folder.map(this::store).orElse(null));
    var limits = StrictSQSLimits$.MODULE$;
    var queues =
        actors.actorOf(
            Props.create(
                QueueManagerActor.class,
                () -> new QueueManagerActor(new NowProvider(), limits, store)));
    if (store.isDefined()) {
      restore(store.get(), queues);
    }
    var builder =
        SQSRestServerBuilder.withActorSystem(actors)
            .withQueueManagerActor(queues)
            .withInterface("127.0.0.1")
            .withDynamicPort()
            .withAWSRegion(region);
    server = (store.isDefined() ? builder.withQueueEventListener(store.get()) : builder).start();
    endpoint = EmbeddedService.onPort(server.waitUntilStarted().localAddress().getPort());
  }

  private ActorRef store(Path folder) {
    // By default H2 confirms a message before it is on disk, and closes at exit while jobs still
    // finish.
    String uri = "jdbc:h2:" + folder.resolve("messages") + ";WRITE_DELAY=0;DB_CLOSE_ON_EXIT=FALSE";
    var config = new SqlQueuePersistenceConfig(true, "org.h2.Driver", uri, "", "", false);
    // ElasticMQ opens the pool of the first folder that this JVM uses, and never another.
    DB.initializeSingleton(config);
    ConnectionPool.singleton(
        uri,
        "",
        "",
        ConnectionPool.singleton$default$4(),
        ConnectionPool.DEFAULT_CONNECTION_POOL_FACTORY());
    return actors.actorOf(
        Props.create(
            SqlQueuePersistenceActor.class,
            () ->
                new SqlQueuePersistenceActor(
                    config,
                    CollectionConverters.asScala(List.<CreateQueueMetadata>of()).toList())));
  }

  private static void restore(ActorRef store, ActorRef queues) throws Exception {
    Object result =
        Patterns.ask(store, new QueueEvent.Restore(queues), RESTORE).toCompletableFuture().get();
    if (result instanceof Either<?, ?> either && either.isLeft()) {
      throw new IllegalStateException("The stored queues cannot be read: " + either);
    }
  }
}
