package io.outpost.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.Outpost;
import io.outpost.blackbox.Client;
import io.outpost.blackbox.Client.Answer;
import io.outpost.local.EmbeddedAws;
import io.outpost.local.Provisioner;
import io.outpost.local.SharedOutpost;
import java.util.HashMap;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.web.context.WebServerInitializedEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.env.MapPropertySource;

/** Requests that arrive before the routes have started get a 503 with Retry-After. */
@Tag("product")
@ExtendWith({SharedOutpost.class, OutputCaptureExtension.class})
class StartingTest {

  private static final String ENVIRONMENT = "starting";

  private final List<Answer> answers = new CopyOnWriteArrayList<>();

  @Test
  void aCallBeforeTheRoutesHaveStartedIsAnsweredUnavailableWithoutNoise(
      EmbeddedAws aws, CapturedOutput output) {
    try (var clients = aws.clients()) {
      new Provisioner(clients, ENVIRONMENT).provision();
    }
    var settings = new HashMap<>(aws.settings());
    settings.put("server.port", 0);
    settings.put("outpost.env", ENVIRONMENT);
    var application = new SpringApplication(Outpost.class);
    application.setAdditionalProfiles("api");
    application.addInitializers(
        context ->
            context
                .getEnvironment()
                .getPropertySources()
                .addFirst(new MapPropertySource("test", settings)));
    application.addListeners((ApplicationListener<WebServerInitializedEvent>) this::callAtOnce);
    try (var context = application.run()) {
      var port = context.getEnvironment().getProperty("local.server.port");
      assertThat(Client.of("http://localhost:" + port).get("/health").status()).isEqualTo(200);
    }
    assertThat(answers)
        .hasSize(3)
        .allSatisfy(
            answer -> {
              assertThat(answer.status()).isEqualTo(503);
              assertThat(answer.problem()).isEqualTo("unavailable");
              assertThat(answer.header("Retry-After")).matches("[1-9][0-9]*");
              assertThat(answer.header("Content-Type")).isEqualTo("application/problem+json");
            });
    assertThat(output).doesNotContain(" ERROR ").doesNotContain("\tat ");
  }

  private void callAtOnce(WebServerInitializedEvent event) {
    var client = Client.of("http://localhost:" + event.getWebServer().getPort());
    answers.add(client.get("/health"));
    answers.add(client.with("op_live_00000000000000000000000000000009").get("/jobs"));
    answers.add(client.post("/jobs", "{}"));
  }
}
