package io.outpost.billing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.camel.Variable;
import org.springframework.stereotype.Component;

/**
 * Joins the pages of a list at Stripe (docs.stripe.com/api/pagination), because what is searched
 * for may be on any of them. Thread-safe.
 */
@Component("stripePages")
public class StripePages {

  /** More entries than a customer can have by honest use. */
  private static final int MOST = 5000;

  private final ObjectMapper mapper;

  StripePages(ObjectMapper mapper) {
    this.mapper = mapper;
  }

  /**
   * Whether Stripe has more entries than were read.
   *
   * @throws IllegalStateException when the list is too long; a part of it could lead to a second
   *     payment
   */
  public boolean isCut(@Variable("list") String list) throws JsonProcessingException {
    var page = mapper.readTree(list);
    var cut = hasMore(page);
    if (cut && page.get("data").size() >= MOST) {
      throw new IllegalStateException(
          "A list at Stripe has more than %d entries: %s"
              .formatted(MOST, page.path("url").asText()));
    }
    return cut;
  }

  /** The call for the page after what was read. */
  public StripeCall next(@Variable("listCall") StripeCall call, @Variable("list") String list)
      throws JsonProcessingException {
    var data = mapper.readTree(list).get("data");
    var last = data.path(data.size() - 1).path("id").asText();
    var query = call.query() == null ? "" : call.query() + "&";
    return StripeCall.get(call.path(), query + StripeRequests.after(last));
  }

  /** What was read so far with one more page. */
  public String joined(@Variable("list") String list, @Variable("page") String page)
      throws JsonProcessingException {
    var whole = (ObjectNode) mapper.readTree(list);
    var further = mapper.readTree(page);
    further.path("data").forEach(((ArrayNode) whole.get("data"))::add);
    return mapper.writeValueAsString(whole.put("has_more", hasMore(further)));
  }

  /** A page without entries names no next one, whatever it says. */
  private static boolean hasMore(JsonNode page) {
    return page.path("has_more").asBoolean() && !page.path("data").isEmpty();
  }
}
