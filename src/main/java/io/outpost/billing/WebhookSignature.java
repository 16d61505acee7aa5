package io.outpost.billing;

import com.stripe.exception.SignatureVerificationException;
import com.stripe.net.Webhook;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Checks that Stripe signed a webhook body within the last minutes. During a rotation any of
 * several secrets is valid. Safe for use by many threads.
 *
 * <p>Source of the rules: Stripe's manual signature verification, with one of our own: a time ahead
 * of ours by more than the tolerance is refused as one behind it is.
 */
public final class WebhookSignature {
  private static final Duration TOLERANCE = Duration.ofMinutes(5);
  private static final Pattern HEADER =
      Pattern.compile("[a-z0-9]{1,8}=[A-Za-z0-9]{1,128}(,[a-z0-9]{1,8}=[A-Za-z0-9]{1,128}){0,31}");
  private static final Pattern TIME = Pattern.compile("(?:^|,)t=([0-9]{1,11})(?=,|$)");

  private final List<String> secrets;
  private final Clock clock;

  /** Accepts what one of {@code secrets} signed within five minutes of {@code clock}. */
  public WebhookSignature(List<String> secrets, Clock clock) {
    this.secrets = List.copyOf(secrets);
    this.clock = clock;
  }

  /** Why a webhook is refused. */
  public enum Refusal {
    /** No body, or no signature header. */
    ABSENT,
    /** The header does not have Stripe's form. */
    MALFORMED,
    /** Signed too long ago, or in the future. */
    UNTIMELY,
    /** No secret of ours made this signature. */
    FORGED
  }

  /** Empty when the body is genuine; {@code header} and {@code body} may be null. */
  public Optional<Refusal> refusal(byte @Nullable [] body, @Nullable String header) {
    if (body == null || body.length == 0 || header == null) {
      return Optional.of(Refusal.ABSENT);
    }
    Matcher time = TIME.matcher(header);
    if (!HEADER.matcher(header).matches() || time.results().count() != 1) {
      return Optional.of(Refusal.MALFORMED);
    }
    time.reset().find();
    long age = clock.instant().getEpochSecond() - Long.parseLong(time.group(1));
    if (Math.abs(age) > TOLERANCE.toSeconds()) {
      return Optional.of(Refusal.UNTIMELY);
    }
    String payload = new String(body, StandardCharsets.UTF_8);
    boolean genuine = secrets.stream().anyMatch(secret -> signedWith(secret, payload, header));
    return genuine ? Optional.empty() : Optional.of(Refusal.FORGED);
  }

  private static boolean signedWith(String secret, String payload, String header) {
    try {
      // The age was checked above, in both directions; zero disables the library's own check.
      return Webhook.Signature.verifyHeader(payload, header, secret, 0);
    } catch (SignatureVerificationException e) {
      return false;
    }
  }
}
