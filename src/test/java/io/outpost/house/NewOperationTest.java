package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.outpost.local.EmbeddedAws;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * An operation that is added to the contract without a security section is refused to callers
 * without a key, so nobody has to remember to protect it.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class NewOperationTest {

  @TempDir Path folder;
  private final EmbeddedAws aws;
  private OpenApi contract;

  NewOperationTest(EmbeddedAws aws) {
    this.aws = aws;
  }

  @BeforeEach
  void readContract() throws IOException {
    contract = OpenApi.read();
  }

  @Test
  void withoutAWordAboutSecurityItIsForOperatorsOnly() throws Exception {
    contract.addGet("/novelties", "listNovelties");
    try (var outpost = start("listNovelties")) {
      assertThat(get(outpost, "op_live_" + "0".repeat(32)).statusCode()).isEqualTo(401);
      var anonymous = get(outpost, null);
      assertThat(anonymous.statusCode()).isEqualTo(401);
      assertThat(anonymous.headers().firstValue("WWW-Authenticate")).contains("Bearer");
      assertThat(anonymous.body()).contains("/unauthenticated").doesNotContain("the novelties");
      assertThat(get(outpost, outpost.adminKey()).body()).isEqualTo("the novelties");
    }
  }

  @Test
  void withoutARouteNothingStarts() throws Exception {
    contract.addGet("/novelties", "listNovelties");
    assertThatThrownBy(() -> start("someOther").close()).hasStackTraceContaining("listNovelties");
  }

  @Test
  void withANameThatAdmissionDoesNotKnowNothingStarts() throws Exception {
    contract.addGet("/novelties", "listNovelties2");
    assertThatThrownBy(() -> start("listNovelties2").close())
        .hasStackTraceContaining("listNovelties2");
  }

  private LocalOutpost start(String operation) throws IOException {
    Files.writeString(
        folder.resolve("novelties.camel.yaml"),
        """
        - route:
            id: novelties
            from:
              uri: direct:%s
              steps:
                - setBody: { constant: the novelties }
        """
            .formatted(operation));
    return LocalOutpost.on(
        aws.endpoints(),
        "api",
        Map.of(
            "server.port",
            0,
            "outpost.env",
            "novelties",
            "outpost.contract",
            contract.writeTo(folder).toUri().toString(),
            "camel.main.routes-include-pattern",
            "classpath:routes/common/*.camel.yaml,classpath:routes/api/*.camel.yaml,file:%s/*.camel.yaml"
                .formatted(folder)));
  }

  private static HttpResponse<String> get(LocalOutpost outpost, String key)
      throws IOException, InterruptedException {
    var request = HttpRequest.newBuilder(URI.create(outpost.address() + "/novelties"));
    if (key != null) {
      request.header("Authorization", "Bearer " + key);
    }
    try (var http = HttpClient.newHttpClient()) {
      return http.send(request.build(), BodyHandlers.ofString());
    }
  }
}
