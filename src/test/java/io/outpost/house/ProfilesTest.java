package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** One jar plays two roles: each starts, and does nothing of the other. */
@ExtendWith(SharedOutpost.class)
class ProfilesTest {

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
          .noneMatch(ProfilesTest::readsAQueue);
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
          .noneMatch(from -> from.startsWith("rest") || from.startsWith("platform-http"));
      assertThat(status(worker, "/jobs")).isEqualTo(404);
      assertThat(status(worker, "/health")).isEqualTo(200);
    }
  }

  @Test
  void localIsBoth(LocalOutpost local) throws Exception {
    assertThat(starts(local)).containsAll(operations()).anyMatch(ProfilesTest::readsAQueue);
    assertThat(status(local, "/health/ready")).isEqualTo(200);
  }

  private LocalOutpost start(String profile) {
    return LocalOutpost.on(
        aws.endpoints(), profile, Map.of("server.port", 0, "outpost.env", "profile-" + profile));
  }

  private static Set<String> operations() throws IOException {
    return OpenApi.read().operationIds().stream()
        .map("direct://"::concat)
        .collect(Collectors.toSet());
  }

  /** Where the running routes start. */
  private static Set<String> starts(LocalOutpost outpost) {
    return outpost.context().getBean(CamelContext.class).getRoutes().stream()
        .map(route -> route.getEndpoint().getEndpointUri())
        .collect(Collectors.toSet());
  }

  private static boolean readsAQueue(String from) {
    return from.startsWith("jobs:") || from.startsWith("aws2-sqs:");
  }

  /** Whoever runs agents may not delete secrets. */
  private static boolean removesTenants(String from) {
    return from.startsWith("timer://remove-tenants");
  }

  private static int status(LocalOutpost outpost, String path)
      throws IOException, InterruptedException {
    try (var http = HttpClient.newHttpClient()) {
      var request = HttpRequest.newBuilder(URI.create(outpost.address() + path)).build();
      return http.send(request, BodyHandlers.discarding()).statusCode();
    }
  }
}
