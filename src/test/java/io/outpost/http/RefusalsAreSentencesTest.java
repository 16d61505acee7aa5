package io.outpost.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.blackbox.Client;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Refusals state in words what is valid, without regular expressions. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class RefusalsAreSentencesTest {

  private final Client tenant;

  RefusalsAreSentencesTest(LocalOutpost outpost) {
    tenant = Client.of(outpost.address()).with(outpost.adminKey()).newTenant("Sentences");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          /jobs        | "model":"--help"       | model         | must be letters, digits and . _ : / @ -, beginning with a letter or a digit
          /jobs        | "workspace":"../x"     | workspace     | must be letters, digits and . _ -, beginning with a letter or a digit
          /jobs        | "labels":{"A":"x"}     | labels.A      | must have names of lower-case letters, digits and _ . -, beginning with a letter or a digit, 40 characters at most
          /jobs        | "labels":{"a":"\\u0000"} | labels.a    | must be text without control characters
          /jobs        | "max_cost_usd":0       | max_cost_usd  | must be more than 0
          /jobs        | "max_cost_usd":"1"     | max_cost_usd  | must be a number
          /jobs        | "labels":[]            | labels        | must be an object
          /jobs        | "timeout_seconds":true | timeout_seconds | must be a whole number
          """)
  void aFieldIsRefusedInWords(String path, String field, String name, String sentence) {
    var answer = tenant.post(path, "{\"agent\":\"claude\",\"command\":\"x\"," + field + "}");
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.json().at("/errors/0/field").asText()).isEqualTo(name);
    assertThat(answer.json().at("/errors/0/detail").asText()).isEqualTo(sentence);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          /jobs/batch  | {"jobs":[]}            | jobs: must have at least 1 entry
          /jobs/batch  | {"jobs":null}          | jobs: must be a list
          /jobs/cancel | {"status":[]}          | status: must have at least 1 entry
          /jobs/cancel | {"status":["ended"]}   | status[0]: must be one of pending, running
          /jobs        | []                     | body: must be an object
          """)
  void aBodyIsRefusedInWords(String path, String body, String sentence) {
    assertThat(tenant.post(path, body).text("detail")).isEqualTo(sentence);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          /jobs?label=x       | label[0]: must be name:value, the name of at most 40 lower-case letters, digits and _ . -, the value of at most 100 characters
          /jobs?limit=many    | limit: must be a whole number
          """)
  void aParameterIsRefusedInWords(String path, String sentence) {
    assertThat(tenant.get(path).text("detail")).isEqualTo(sentence);
  }
}
