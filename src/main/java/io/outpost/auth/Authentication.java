package io.outpost.auth;

import io.micrometer.core.instrument.MeterRegistry;
import io.outpost.http.Call;
import io.outpost.http.Callers;
import io.outpost.kernel.Problem;
import io.outpost.telemetry.Metric;
import io.outpost.telemetry.Objective;
import io.outpost.tenant.Principal;
import io.outpost.tenant.Tenant;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.Set;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/** Authenticates callers. Stateless. */
@Component("authentication")
public class Authentication implements Callers {

  private final KeyStore keys;
  private final UnknownKeyThrottle unknownKeyThrottle;
  private final LastUsed lastUsed;
  private final AuthSettings settings;
  private final MeterRegistry meters;

  Authentication(
      KeyStore keys,
      UnknownKeyThrottle unknownKeyThrottle,
      LastUsed lastUsed,
      AuthSettings settings,
      MeterRegistry meters) {
    this.keys = keys;
    this.unknownKeyThrottle = unknownKeyThrottle;
    this.lastUsed = lastUsed;
    this.settings = settings;
    this.meters = meters;
  }

  /**
   * Sets the call's principal.
   *
   * @throws Problem 401 without a usable key
   */
  public void authenticate(@ExchangeProperty(Call.NAME) Call call) {
    var began = System.nanoTime();
    var outcome = "refused";
    try {
      identify(call);
      outcome = "accepted";
    } finally {
      var took = Duration.ofNanos(System.nanoTime() - began);
      Metric.AUTH.timer(meters, outcome).record(took);
      Objective.AUTH.took(meters, took);
    }
  }

  private void identify(Call call) {
    var given = credential(call);
    call.because(given.isEmpty() ? "no-key" : "malformed");
    var secret = given.flatMap(ApiKeyText::parse).orElseThrow(Authentication::noKey);
    call.because("unknown");
    var view = view(secret.hash(), call.ipAddress());
    var now = Instant.now();
    var end = end(view, now);
    if (end.isPresent()) {
      call.refuseKey(view.key().tenantId(), view.key().keyId(), end.get());
      throw badKey();
    }
    call.because(null);
    call.identify(principal(view));
    lastUsed.note(view.key(), now);
  }

  /**
   * Refuses calls that the status of the caller's tenant does not allow.
   *
   * @throws Problem 403 when the tenant is suspended, or changes something after the grace that
   *     follows a failed payment
   */
  public void checkStanding(@ExchangeProperty(Call.NAME) Call call) {
    switch (call.principal().standing()) {
      case suspended -> {
        call.because("tenant-suspended");
        throw new Problem(Problem.Code.FORBIDDEN, "The tenant is suspended; ask the operator.");
      }
      case past_due -> refuseChanges(call);
      default -> {}
    }
  }

  @Override
  public boolean isLetIn(Call call) {
    try {
      var view =
          view(credential(call).flatMap(ApiKeyText::parse).orElseThrow().hash(), call.ipAddress());
      return end(view, Instant.now()).isEmpty()
          && view.tenant().status() != Tenant.Status.suspended;
    } catch (Problem | NoSuchElementException refused) {
      return false;
    }
  }

  private KeyStore.View view(String hash, String address) {
    var known = keys.known(hash);
    Metric.AUTH_CACHE.counter(meters, known.isEmpty() ? "miss" : "hit").increment();
    if (known.isEmpty() && !keys.isUnknown(hash)) {
      if (!keys.existed(hash)) {
        unknownKeyThrottle.admit(address);
      }
      known = keys.find(hash);
      if (known.isEmpty()) {
        unknownKeyThrottle.missed(address);
      }
    }
    return known.orElseThrow(Authentication::badKey);
  }

  private void refuseChanges(Call call) {
    var changes = !call.method().equals("GET") && !call.operation().scopes().contains("billing");
    var since = call.principal().pastDueSince();
    if (changes && since != null && Instant.now().isAfter(since.plus(settings.pastDueGrace()))) {
      call.because("past-due");
      throw new Problem(
          Problem.Code.FORBIDDEN,
          "A payment is overdue: until it is made the account is read-only (POST /billing/checkout,"
              + " GET /billing/portal).");
    }
  }

  /** Why a key can no longer be used, in one word; empty for a usable one. */
  private static Optional<String> end(KeyStore.View view, Instant now) {
    if (view.key().revokedAt() != null) {
      return Optional.of("revoked");
    }
    if (view.key().expiresAt() != null && !now.isBefore(view.key().expiresAt())) {
      return Optional.of("expired");
    }
    var deleted = view.tenant().status() == Tenant.Status.deleted;
    return deleted ? Optional.of("tenant-deleted") : Optional.empty();
  }

  private Principal principal(KeyStore.View view) {
    var key = view.key();
    var tenant = view.tenant();
    return new Principal(
        key.tenantId(),
        key.keyId(),
        view.lineage(),
        key.mode(),
        Set.copyOf(key.scopes()),
        key.rateLimitPerMinute() == null
            ? settings.rateLimit(tenant.tier())
            : key.rateLimitPerMinute(),
        tenant.terms(),
        tenant.uncappedUntil(),
        tenant.status(),
        tenant.pastDueSince());
  }

  /**
   * The request's key. A request with two keys is refused, because a proxy may have checked the
   * other one.
   */
  private static Optional<String> credential(Call call) {
    if (call.headers("Authorization").length > 1 || call.headers("X-API-Key").length > 1) {
      call.because("malformed");
      throw unauthenticated("Send exactly one API key, once.");
    }
    var bearer =
        call.header("Authorization")
            .filter(a -> a.regionMatches(true, 0, "Bearer ", 0, 7))
            .map(a -> a.substring(7).strip());
    return bearer.isPresent() ? bearer : call.header("X-API-Key");
  }

  private static Problem noKey() {
    return unauthenticated("Send an API key: Authorization: Bearer op_live_… (or X-API-Key).");
  }

  private static Problem badKey() {
    return unauthenticated("This API key is unknown, expired or revoked.");
  }

  private static Problem unauthenticated(String detail) {
    return new Problem(
        Problem.Code.UNAUTHENTICATED, detail, List.of(), Map.of("WWW-Authenticate", "Bearer"));
  }
}
