package io.outpost.billing;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.http.Call;
import io.outpost.kernel.Problem;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.springframework.stereotype.Component;

/** The steps of checkout and portal that do not call Stripe. Stateless. */
@Component("purchase")
public class Purchase {
  private static final Set<String> LIVING =
      Set.of("active", "trialing", "past_due", "unpaid", "paused");

  // The longest time that the calls to Stripe may take, with all their retries.
  private static final int LONGEST_SECONDS = 60;

  private final StripeSettings settings;
  private final ClusterLock clusterLock;

  Purchase(StripeSettings settings, ClusterLock clusterLock) {
    this.settings = settings;
    this.clusterLock = clusterLock;
  }

  /**
   * Takes the lock of the tenant's checkout. Without it, two checkouts opened at the same time
   * would expire each other.
   *
   * @throws Problem 409 while another checkout is being opened
   */
  public void takeTurn(@ExchangeProperty("tenantId") String tenantId) {
    if (!clusterLock.take("checkout-" + tenantId, LONGEST_SECONDS)) {
      throw new Problem(
          Problem.Code.CONFLICT, "Another checkout is being opened; try again shortly.");
    }
  }

  /** Releases the lock of the tenant's checkout. */
  public void endTurn(@ExchangeProperty("tenantId") String tenantId) {
    clusterLock.end("checkout-" + tenantId);
  }

  /**
   * Refuses a checkout when Stripe has a subscription, even if our copy of the state has none.
   *
   * @throws Problem 409 when a subscription has not ended
   */
  public void requireNoneAtStripe(@Variable("subscriptions") String subscriptions) {
    if (StripeAnswers.subscriptions(subscriptions).stream()
        .anyMatch(one -> LIVING.contains(one.status()))) {
      throw new Problem(
          Problem.Code.CONFLICT,
          StripeAnswers.areFixed(subscriptions)
              ? "There is a subscription already, and the portal cannot change one with metered or"
                  + " several prices: cancel it there (GET /billing/portal), and subscribe again"
                  + " when it has ended."
              : "There is a subscription already; change it in the portal (GET /billing/portal).");
    }
  }

  /** The ids in a list of checkouts. */
  public List<String> open(@Variable("sessions") String sessions) {
    return StripeAnswers.checkouts(sessions);
  }

  /** The tenant that pays: the caller's. */
  public String payer(@ExchangeProperty(Call.NAME) Call call) {
    return call.principal().tenantId();
  }

  /**
   * The tier that the request names.
   *
   * @throws Problem 503 when no price is set for the tier
   */
  public Tier wanted(@Body JsonNode request) {
    var tier = Tier.of(request.get("tier").textValue());
    if (settings.prices(tier).isEmpty()) {
      throw Problem.unavailable("The tier " + tier.word() + " is not sold by this installation.");
    }
    return tier;
  }

  /**
   * Refuses operators, who are no tenant and have no subscription.
   *
   * @throws Problem 404
   */
  public void requireTenant(@ExchangeProperty("tenant") Tenant tenant) {
    if (tenant == null) {
      throw Problem.notFound("billing account");
    }
  }

  /** The answer with the address that the browser must open. */
  public Map<String, String> answer(@Variable("session") String session) {
    return Map.of("url", StripeAnswers.sessionUrl(session));
  }

  /** Whether the caller is a browser, which follows a redirect. */
  public boolean isBrowser(@ExchangeProperty(Call.NAME) Call call) {
    return call.prefers("text/html");
  }
}
