package io.outpost.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The map in docs/ matches the routes. */
class RouteMapTest {

  private static final Path PICTURE = Path.of("docs/images/routes.svg");
  private static final Path PAGE = Path.of("docs/routes-map.md");
  private static final String TOLD =
      "write it anew: mvn test -Dtest=RouteMapTest -Dsurefire.args=-Doutpost.write-docs=true";

  /**
   * Written anew by {@code mvn test -Dtest=RouteMapTest -Dsurefire.args=-Doutpost.write-docs=true}.
   */
  @Test
  void theMapInTheDocsIsUpToDate() throws IOException {
    var map = map();
    var picture = RouteMapPicture.svg(map, false);
    var page = page(map);
    if (Boolean.getBoolean("outpost.write-docs")) {
      Files.writeString(PICTURE, picture);
      Files.writeString(PAGE, page);
    }
    assertThat(Files.readString(PICTURE)).as(TOLD).isEqualTo(picture);
    assertThat(Files.readString(PAGE)).as(TOLD).isEqualTo(page);
  }

  @Test
  void itShowsWhoCallsWhomAndWhatTheyTouch() throws IOException {
    var places = map().routes();
    var submit =
        places.stream().filter(it -> it.id().equals("submit-job")).findFirst().orElseThrow();
    assertThat(submit.start()).isEqualTo("operation submitJob");
    assertThat(submit.calls()).containsExactly("accept-job");
    assertThat(submit.ends()).contains("table jobs");
    var keys =
        places.stream().filter(it -> it.id().equals("list-api-keys")).findFirst().orElseThrow();
    assertThat(keys.ends()).containsExactly("table tenants");
    var finish =
        places.stream().filter(it -> it.id().equals("finish-job")).findFirst().orElseThrow();
    assertThat(finish.ends()).contains("table jobs", "table usage", "table audit");
    var take = places.stream().filter(it -> it.id().equals("run-jobs")).findFirst().orElseThrow();
    assertThat(take.ends()).contains("queue jobs-high", "queue jobs-normal", "queue jobs-low");
    assertThat(map().ends()).contains("Stripe", "topic notices", "bucket audit", "bucket output");
  }

  @Test
  void whatLooksLikeASecretIsNotShown() {
    assertThat(Secretless.text("url: https://me:pw@x/?token=abc&a=1 key sk_live_abcdef"))
        .isEqualTo("url: https://[hidden]@x/?token=[hidden]&a=1 key [hidden]");
    assertThat(Secretless.text("secretKey: \"{{team.secret}}\"")).contains("{{team.secret}}");
  }

  private static RouteMap map() throws IOException {
    try (var beans = RoutesCommand.beans()) {
      var known = Known.of(beans.getBeanFactory(), beans.getEnvironment(), null);
      var files = RouteFiles.read(java.util.List.of()).ours(Set.of("common", "api", "worker"));
      var model = new RouteModel(files, file -> false, known);
      assertThat(model.findings()).isEmpty();
      return RouteMap.of(model.camel().getRouteDefinitions(), known);
    }
  }

  private static String page(RouteMap map) {
    var text =
        new StringBuilder(
            """
            # Map of the routes

            Generated from the routes as Camel puts them together. A bold name is a start: an operation, a timer or a queue. Every operation passes `admit-request` first, which is not drawn. Blue lines are calls, brown ones lead to what a route may touch outside: its own endpoints, and what its steps in Java have to do with. The same map with what goes through each route and step, and the YAML, is at `/routes` of a running Outpost: beside the API in the local profile, else on the management port.

            ![The map](images/routes.svg)
            """);
    for (var file : map.files()) {
      text.append("\n## ")
          .append(file)
          .append(
              "\n| route | does | started by | calls | touches |\n| --- | --- | --- | --- | --- |\n");
      map.routes().stream()
          .filter(route -> route.file().equals(file))
          .forEach(
              route ->
                  text.append(
                      "| `%s` | %s | %s | %s | %s |\n"
                          .formatted(
                              route.id(),
                              route.about().replace("|", "\\|"),
                              route.start(),
                              String.join(", ", route.calls()),
                              String.join(", ", route.ends()))));
    }
    return text.toString();
  }
}
