package io.outpost.billing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.stripe.model.StripeCollection;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;
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
  public boolean isCut(@Variable("list") String list) {
    var page = read(list);
    var cut = hasMore(page);
    if (cut && page.get("data").size() >= MOST) {
      throw new IllegalStateException(
          "A list at Stripe has more than %d entries: %s"
              .formatted(MOST, page.path("url").asText()));
    }
    return cut;
  }

  /** The call for the page after what was read. */
  public StripeCall next(@Variable("listCall") StripeCall call, @Variable("list") String list) {
    var query = call.query() == null ? "" : call.query() + "&";
    return StripeCall.get(call.path(), query + StripeRequests.after(String.valueOf(last(list))));
  }

  /** What was read so far with one more page. */
  public String joined(@Variable("list") String list, @Variable("page") String page)
      throws JsonProcessingException {
    var whole = read(list);
    var further = read(page);
    further.get("data").forEach(((ArrayNode) whole.get("data"))::add);
    return mapper.writeValueAsString(whole.put("has_more", hasMore(further)));
  }

  /** Whether another page follows. */
  public boolean hasMore(@Variable("page") String page) {
    return hasMore(read(page));
  }

  /** The last entry of a page, after which the next page begins; null on an empty one. */
  public @Nullable String last(@Variable("page") String page) {
    var data = read(page).get("data");
    return data.path(data.size() - 1).path("id").textValue();
  }

  /** A page without entries names no next one, whatever it says. */
  private static boolean hasMore(JsonNode page) {
    return page.path("has_more").asBoolean() && !page.path("data").isEmpty();
  }

  /**
   * Reads a list.
   *
   * @throws StripeAnswers.Unreadable when it is none; it must not pass for an empty list
   */
  private ObjectNode read(String list) {
    try {
      if (mapper.readTree(list) instanceof ObjectNode page
          && page.get("data") instanceof ArrayNode) {
        return page;
      }
    } catch (JsonProcessingException e) {
      // Dropped, because it quotes the answer, which may name a customer.
    }
    throw new StripeAnswers.Unreadable(StripeCollection.class);
  }
}
