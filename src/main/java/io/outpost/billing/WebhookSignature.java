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
 * <p>The rules are those of Stripe's manual signature verification, and one of ours: a time too far
 * in the future is refused like one too far in the past.
 */
public final class WebhookSignature {
  private static final Duration TOLERANCE = Duration.ofMinutes(5);
  private static final Pattern HEADER =
      Pattern.compile("[a-z0-9]{1,8}=[A-Za-z0-9]{1,128}(,[a-z0-9]{1,8}=[A-Za-z0-9]{1,128}){0,31}");
  private static final Pattern TIME = Pattern.compile("(?:^|,)t=([0-9]{1,11})(?=,|$)");

  private final List<String> secrets;
  private final Clock clock;

  /**
   * Accepts bodies that were signed with one of {@code secrets} within five minutes of {@code
   * clock}.
   */
  public WebhookSignature(List<String> secrets, Clock clock) {
    this.secrets = List.copyOf(secrets);
    this.clock = clock;
  }

  /** Why a webhook is refused. */
  public enum Refusal {
    /** The request has no body, or no signature header. */
    ABSENT,
    /** The signature header does not have Stripe's form. */
    MALFORMED,
    /** The body was signed too long ago, or in the future. */
    UNTIMELY,
    /** None of our secrets made this signature. */
    FORGED
  }

  /**
   * Why the webhook is refused; empty when it is genuine. {@code header} and {@code body} may be
   * null.
   */
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
      // The age is checked above, in both directions; 0 turns off the library's own check.
      return Webhook.Signature.verifyHeader(payload, header, secret, 0);
    } catch (SignatureVerificationException e) {
      return false;
    }
  }
}
