package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.outpost.kernel.Json;
import io.outpost.telemetry.SilentTelemetry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Releases that run side by side can read each other's messages. */
class StripeMessageTest {

  @Test
  void aKindOfALaterReleaseIsReadAsUnknownWithWhatItHasBesides() throws Exception {
    assertThat(read("{\"kind\":\"of_tomorrow\",\"tenant_id\":\"T1\",\"more\":{\"a\":[1]}}"))
        .isEqualTo(new StripeMessage(StripeMessage.Kind.unknown, "T1", null, null, null, null));
  }

  @ParameterizedTest
  @EnumSource(StripeMessage.Kind.class)
  void aKindThatIsSentIsReadAsItself(StripeMessage.Kind kind) throws Exception {
    var sent = new StripeMessage(kind, "T1", null, "J1", "2026-11", "refund");
    assertThat(read(Json.objectMapper().writeValueAsString(sent))).isEqualTo(sent);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"tenant_id\":\"T1\"}", "{\"kind\":null}"})
  void aMessageWithoutAKindIsNoLaterReleases(String body) {
    assertThatThrownBy(() -> read(body)).hasMessageContaining("The message has no kind");
  }

  private static StripeMessage read(String body) throws JsonProcessingException {
    return new StripeMessages(null, Json.objectMapper(), SilentTelemetry.ages()).read(body, null);
  }
}
