package io.outpost.billing;

import com.fasterxml.jackson.databind.JsonNode;
import io.outpost.http.Call;
import io.outpost.kernel.Problem;
import io.outpost.tenant.Tenant;
import io.outpost.tenant.Tier;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.camel.Body;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Variable;
import org.springframework.stereotype.Component;

/** The steps of checkout and portal that are no call to Stripe. Stateless. */
@Component("purchase")
public class Purchase {
  private static final Set<String> LIVING =
      Set.of("active", "trialing", "past_due", "unpaid", "paused");

  // As long as the calls to Stripe may take, with all their retries.
  private static final int LONGEST_SECONDS = 60;

  private final StripeSettings settings;
  private final ClusterLock clusterLock;

  Purchase(StripeSettings settings, ClusterLock clusterLock) {
    this.settings = settings;
    this.clusterLock = clusterLock;
  }

  /**
   * Keeps two checkouts of a tenant from being opened at once, each ending the other.
   *
   * @throws Problem 409 while another is being opened
   */
  public void takeTurn(@ExchangeProperty("tenantId") String tenantId) {
    if (!clusterLock.take("checkout-" + tenantId, LONGEST_SECONDS)) {
      throw new Problem(
          Problem.Code.CONFLICT, "Another checkout is being opened; try again shortly.");
    }
  }

  /** Lets the next one be opened. */
  public void endTurn(@ExchangeProperty("tenantId") String tenantId) {
    clusterLock.end("checkout-" + tenantId);
  }

  /**
   * What Stripe says goes before our copy.
   *
   * @throws Problem 409 with a living subscription
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

  /** The checkouts of a list. */
  public List<String> open(@Variable("sessions") String sessions) {
    return StripeAnswers.checkouts(sessions);
  }

  /** The tenant whose account the caller pays for. */
  public String payer(@ExchangeProperty(Call.NAME) Call call) {
    return call.principal().tenantId();
  }

  /**
   * The tier that the request is to buy.
   *
   * @throws Problem 503 where no price of it is set
   */
  public Tier wanted(@Body JsonNode request) {
    var tier = Tier.of(request.get("tier").textValue());
    if (settings.prices(tier).isEmpty()) {
      throw Problem.unavailable("The tier " + tier.word() + " is not sold by this installation.");
    }
    return tier;
  }

  /**
   * Operators have no account to pay for.
   *
   * @throws Problem 404
   */
  public void requireTenant(@ExchangeProperty("tenant") Tenant tenant) {
    if (tenant == null) {
      throw Problem.notFound("billing account");
    }
  }

  /** What the client gets: where to send the browser. */
  public Map<String, String> answer(@Variable("session") String session) {
    return Map.of("url", StripeAnswers.sessionUrl(session));
  }

  /** Whether a browser asks, which goes where it is sent. */
  public boolean isBrowser(@ExchangeProperty(Call.NAME) Call call) {
    return call.header("Accept")
        .map(accept -> accept.toLowerCase(Locale.ROOT).contains("text/html"))
        .orElse(false);
  }
}
