package io.outpost.local.stripe;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What the account's secret key may do: everything, until a test revokes it or removes rights, as
 * from a restricted key (docs.stripe.com/keys). Safe for use by many threads.
 */
public final class SecretKey {
  private final Set<String> forbidden = ConcurrentHashMap.newKeySet();
  private volatile boolean revoked;

  /** From now on every call is answered with 401. */
  public void revoke() {
    revoked = true;
  }

  /** From now on calls whose path starts with {@code prefix} are answered with 403. */
  public void forbid(String prefix) {
    forbidden.add(prefix);
  }

  /** From now on the key may do everything again. */
  public void restore() {
    revoked = false;
    forbidden.clear();
  }

  void check(Call call) {
    if (revoked || !("Bearer " + StripeStub.SECRET_KEY).equals(call.header("authorization"))) {
      throw StripeError.unauthorized();
    }
    if (forbidden.stream().anyMatch(call.path()::startsWith)) {
      throw StripeError.forbidden(call.path());
    }
  }
}
