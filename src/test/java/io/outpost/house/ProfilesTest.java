package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.context.ApplicationContext;

/** One jar has two roles: each starts, and runs nothing of the other. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class ProfilesTest {

  private static final List<WeakReference<ApplicationContext>> STARTED = new ArrayList<>();

  private final EmbeddedAws aws;

  ProfilesTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @Test
  void theApiServesTheContractAndTakesNoJob() throws Exception {
    try (var api = start("api")) {
      assertThat(starts(api))
          .containsAll(operations())
          .anyMatch(ProfilesTest::removesTenants)
          .anyMatch(ProfilesTest::bills)
          .noneMatch(from -> readsAQueue(from) && !bills(from));
      assertThat(status(api, "/health")).isEqualTo(200);
      assertThat(status(api, "/jobs")).isEqualTo(401);
    }
  }

  @Test
  void theWorkerTakesJobsAndServesNoOperation() throws Exception {
    try (var worker = start("worker")) {
      assertThat(starts(worker))
          .anyMatch(ProfilesTest::readsAQueue)
          .doesNotContainAnyElementsOf(operations())
          .noneMatch(ProfilesTest::removesTenants)
          .noneMatch(ProfilesTest::bills)
          .noneMatch(from -> from.startsWith("rest") || from.startsWith("platform-http"));
      assertThat(status(worker, "/jobs")).isEqualTo(404);
      assertThat(status(worker, "/health")).isEqualTo(200);
    }
  }

  /** A role waits for the services that it needs and does not exit. */
  @ParameterizedTest
  @ValueSource(strings = {"api", "worker"})
  void aRoleStartsWhileAwsIsDown(String role) throws Exception {
    var down = new HashMap<String, Object>();
    // An ARN, as in AWS; a topic's name alone would need a lookup.
    down.put("outpost.notices-topic", "arn:aws:sns:us-east-1:000000000000:outpost-notices");
    for (var service : List.of("sqs", "s3", "dynamodb", "secretsmanager", "sns")) {
      down.put("outpost.aws.endpoints." + service, "http://127.0.0.1:9");
    }
    try (var outpost = start(role, down)) {
      assertThat(status(outpost, "/health")).isEqualTo(200);
    }
  }

  @Test
  void localIsBoth(LocalOutpost local) throws Exception {
    assertThat(starts(local)).containsAll(operations()).anyMatch(ProfilesTest::readsAQueue);
    assertThat(status(local, "/health/ready")).isEqualTo(200);
  }

  private LocalOutpost start(String profile) {
    return start(profile, Map.of());
  }

  private LocalOutpost start(String profile, Map<String, Object> more) {
    var settings = new HashMap<>(more);
    settings.put("server.port", 0);
    settings.put("outpost.env", "profile-" + profile);
    var started = LocalOutpost.on(aws.endpoints(), profile, settings);
    STARTED.add(new WeakReference<>(started.context()));
    return started;
  }

  /**
   * A closed application removes everything that it registered. The last one may stay reachable,
   * because Camel's language simple holds the last context that asked for it. Caches hold closed
   * ones by soft references: see Surefire's options.
   */
  @AfterAll
  static void nothingOfTheClosedOnesIsReachable() {
    assertThat(STARTED).hasSizeGreaterThan(2);
    await()
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> {
              System.gc();
              assertThat(STARTED.stream().filter(started -> !started.refersTo(null)))
                  .hasSizeLessThanOrEqualTo(1);
            });
  }

  private static Set<String> operations() throws IOException {
    return OpenApi.read().operationIds().stream()
        .map("direct://"::concat)
        .collect(Collectors.toSet());
  }

  /** The addresses where the running routes start. */
  private static Set<String> starts(LocalOutpost outpost) {
    return outpost.context().getBean(CamelContext.class).getRoutes().stream()
        .map(route -> route.getEndpoint().getEndpointUri())
        .collect(Collectors.toSet());
  }

  private static boolean readsAQueue(String from) {
    return from.startsWith("jobs:") || from.startsWith("aws2-sqs:");
  }

  /** Whether the route deletes tenants; a container that runs agents may not delete secrets. */
  private static boolean removesTenants(String from) {
    return from.startsWith("timer://remove-tenants");
  }

  /**
   * Whether the route calls Stripe or leads to Stripe; a container that runs agents has no Stripe
   * key.
   */
  private static boolean bills(String from) {
    return from.matches("(aws2-sqs:.*|direct:.*|timer:.*)(stripe|usage|billing|customer).*");
  }

  private static int status(LocalOutpost outpost, String path)
      throws IOException, InterruptedException {
    try (var http = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(URI.create(outpost.address() + path)).build();
      return http.send(request, BodyHandlers.discarding()).statusCode();
    }
  }
}
