package io.outpost.routes;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SecretlessTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "- setHeader: { name: Authorization, constant: \"Bearer hunter2 hunter2\" }",
        "- setHeader:\n    name: X-Api-Key\n    constant: hunter2",
        "- setHeader: { id: set-it, name: api-token, constant: hunter2 }",
        "message: \"Authorization: Bearer hunter2\"",
        "password: \"two hunter2\"",
        "token: a,hunter2",
        "uri: \"ftp:x?password=RAW(p}w&hunter2)&passive=true\"",
        "uri: https://hunter2@host/x",
        "uri: https://user:hunter2@host/x",
        "Uses sk-ant-hunter2hunter2 here",
        "Uses ghp_hunter2hunter2 here",
        "uri: https://hooks.slack.com/services/T0/B0/hunter2",
        "clientSecret = 'hunter2'"
      })
  void aSecretIsNotShown(String text) {
    assertThat(Secretless.text(text)).contains("[hidden]").doesNotContain("hunter2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "- setHeader: { name: Authorization, simple: \"{{team.token}}\" }",
        "- setProperty: { name: tenant, simple: \"${body.tenantId}\" }",
        "password: \"{{team.password}}\"",
        "uri: https://example.com/path@2",
        "description: Checks the key of whoever calls."
      })
  void whatIsNoneIsShown(String text) {
    assertThat(Secretless.text(text)).isEqualTo(text);
  }
}
