package io.outpost.local.stripe;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.springframework.web.util.HtmlUtils;

/** The stub's two pages for a browser: one to pay, one to cancel. */
final class Pages {
  /** What a browser gets: a page, or the address to go to next. */
  record Page(String html, String location) {}

  private final Checkout checkout;

  Pages(Checkout checkout) {
    this.checkout = checkout;
  }

  /**
   * Answers the pages {@code /checkout/<id>} and {@code /portal/<id>}; posting a page's form
   * performs its action. A POST to {@code /portal/<id>/<subscription>/<cancel, renew or a price>}
   * changes one subscription.
   */
  Page visit(String method, String path) {
    String[] parts = path.split("/");
    if (parts.length == 5 && parts[1].equals("portal") && method.equals("POST")) {
      return next(checkout.change(parts[2], parts[3], parts[4]));
    }
    if (parts.length != 3) {
      throw StripeError.unknownUrl(method, path);
    }
    boolean acts = method.equals("POST");
    return switch (parts[1]) {
      case "checkout" -> acts ? next(checkout.pay(parts[2])) : checkoutPage(parts[2]);
      case "portal" -> acts ? next(checkout.cancel(parts[2])) : portalPage(parts[2]);
      default -> throw StripeError.unknownUrl(method, path);
    };
  }

  private static Page next(String location) {
    return new Page(null, location);
  }

  private Page checkoutPage(String id) {
    ObjectNode session = checkout.session(Checkout.SESSION, id);
    String prices = HtmlUtils.htmlEscape(session.path("prices").toString());
    return page("Checkout", "Subscribe to " + prices + ".", "Pay (nothing is charged)");
  }

  private Page portalPage(String id) {
    List<String> shown =
        checkout.shown(id).stream()
            .map(
                s ->
                    "%s (%s%s)"
                        .formatted(
                            s.get("id").asText(),
                            s.get("status").asText(),
                            Checkout.mayUpdate(s) ? ", can be changed" : ", can only be canceled"))
            .toList();
    return page("Billing portal", "Subscriptions: " + shown, "Cancel subscriptions");
  }

  private static Page page(String title, String text, String button) {
    return new Page(
        """
        <!doctype html><meta charset="utf-8"><title>%1$s – Stripe stub</title>
        <h1>%1$s</h1><p>This is Outpost's local stand-in for Stripe.</p><p>%2$s</p>
        <form method="post"><button>%3$s</button></form>
        """
            .formatted(title, text, button),
        null);
  }
}
