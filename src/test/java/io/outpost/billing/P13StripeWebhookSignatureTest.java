package io.outpost.billing;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.billing.WebhookSignature.Refusal;
import io.outpost.local.stripe.SettableClock;
import io.outpost.local.stripe.Webhooks;
import java.nio.charset.StandardCharsets;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullAndEmptySource;
import org.junit.jupiter.params.provider.ValueSource;

/** Only webhooks that Stripe signed are accepted, and no body or header causes an error of ours. */
class P13StripeWebhookSignatureTest {
  private static final byte[] BODY = "{\"id\":\"evt_1\"}".getBytes(StandardCharsets.UTF_8);

  private final SettableClock clock = new SettableClock("2026-11-21T12:00:00Z");
  private final WebhookSignature signature =
      new WebhookSignature(List.of("whsec_new", "whsec_old"), clock);

  private String signed(String secret, long secondsAgo) {
    return Webhooks.sign(secret, clock.instant().getEpochSecond() - secondsAgo, BODY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"whsec_new", "whsec_old"})
  void takesEachSecretDuringARotation(String secret) {
    assertThat(signature.refusal(BODY, signed(secret, 0))).isEmpty();
  }

  @Test
  void takesAGenuineSignatureAmongOthers() {
    String header = signed("whsec_gone", 0) + "," + signed("whsec_new", 0).split(",", 2)[1];
    assertThat(signature.refusal(BODY, header + ",v0=abc")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"300,", "-300,", "301,UNTIMELY", "-301,UNTIMELY", "-3600,UNTIMELY", "90000,UNTIMELY"})
  void takesOnlyWhatWasSignedWithinFiveMinutesEitherWay(long secondsAgo, Refusal expected) {
    assertThat(signature.refusal(BODY, signed("whsec_new", secondsAgo)).orElse(null))
        .isEqualTo(expected);
  }

  @Test
  void refusesForgeries() {
    assertThat(signature.refusal(BODY, signed("whsec_stranger", 0))).hasValue(Refusal.FORGED);
    byte[] altered = "{\"id\":\"evt_2\"}".getBytes(StandardCharsets.UTF_8);
    assertThat(signature.refusal(altered, signed("whsec_new", 0))).hasValue(Refusal.FORGED);
    String oldScheme = signed("whsec_new", 0).replace("v1=", "v0=");
    assertThat(signature.refusal(BODY, oldScheme)).hasValue(Refusal.FORGED);
    byte[] notUtf8 = {(byte) 0xff, (byte) 0xfe};
    String lossy = Webhooks.sign("whsec_new", clock.instant().getEpochSecond(), notUtf8);
    assertThat(signature.refusal(notUtf8, lossy)).hasValue(Refusal.FORGED);
    assertThat(new WebhookSignature(List.of(), clock).refusal(BODY, signed("whsec_new", 0)))
        .hasValue(Refusal.FORGED);
  }

  @ParameterizedTest
  @NullAndEmptySource
  void refusesAnEmptyBody(byte[] body) {
    assertThat(signature.refusal(body, signed("whsec_new", 0))).hasValue(Refusal.ABSENT);
  }

  @Test
  void refusesAMissingHeader() {
    assertThat(signature.refusal(BODY, null)).hasValue(Refusal.ABSENT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "t",
        "=",
        "t=",
        ",",
        "t=1,v1",
        "v1=abc",
        "t=abc,v1=abc",
        "t=1;v1=abc",
        "t=-1,v1=abc",
        "t=99999999999999999999,v1=abc",
        "t=1,t=2,v1=abc",
        "t=1,v1=abc\r\nX: y",
        "é=1",
        "t=1,,v1=a"
      })
  void refusesAMalformedHeader(String header) {
    assertThat(signature.refusal(BODY, header)).hasValue(Refusal.MALFORMED);
  }

  @Property(tries = 500)
  void neverStumbles(@ForAll byte[] body, @ForAll String header) {
    assertThat(signature.refusal(body, header)).isPresent();
  }
}
