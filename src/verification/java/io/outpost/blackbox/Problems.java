package io.outpost.blackbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;

/** Checks problem documents (RFC 9457). */
final class Problems {

  private Problems() {}

  /** Fails unless the answer is the problem with this code; returns its body. */
  static JsonNode check(Client.Answer answer, int status, String code) {
    assertThat(answer.status()).as(answer.toString()).isEqualTo(status);
    assertThat(answer.header("Content-Type"))
        .as(answer.toString())
        .isEqualTo("application/problem+json");
    var body = answer.json();
    assertThat(body.path("type").asText()).startsWith("https://").endsWith("/" + code);
    assertThat(body.path("title").asText()).isNotBlank();
    assertThat(body.path("detail").asText()).isNotBlank();
    assertThat(body.path("status").asInt()).isEqualTo(status);
    assertThat(body.path("instance").asText()).startsWith("/");
    assertThat(body.path("errors").isEmpty())
        .as("only a 400 names fields: " + answer)
        .isEqualTo(status != 400);
    assertThat(body.path("request_id").asText()).isEqualTo(answer.header("X-Request-Id"));
    return body;
  }
}
