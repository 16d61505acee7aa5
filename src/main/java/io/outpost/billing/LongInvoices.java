package io.outpost.billing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;
import org.apache.camel.Variable;
import org.springframework.stereotype.Component;

/**
 * Completes the invoices in a list: Stripe includes only the first ten lines of each. Thread-safe.
 */
@Component("longInvoices")
public class LongInvoices {
  private final ObjectMapper mapper;

  LongInvoices(ObjectMapper mapper) {
    this.mapper = mapper;
  }

  /** Whether an invoice in the list lacks lines. */
  public boolean any(@Variable("invoices") String invoices) throws JsonProcessingException {
    return first(mapper.readTree(invoices)).isPresent();
  }

  /** The call for more lines of the first invoice that lacks some. */
  public StripeCall more(@Variable("invoices") String invoices) throws JsonProcessingException {
    var invoice = first(mapper.readTree(invoices)).orElseThrow();
    var shown = invoice.at("/lines/data");
    return StripeCall.get(
        "/v1/invoices/" + invoice.path("id").asText() + "/lines",
        StripeRequests.page()
            + "&"
            + StripeRequests.after(shown.path(shown.size() - 1).path("id").asText()));
  }

  /** The list with these lines added to the first invoice that lacks some. */
  public String complete(@Variable("invoices") String invoices, @Variable("lines") String lines)
      throws JsonProcessingException {
    var list = mapper.readTree(invoices);
    var further = mapper.readTree(lines);
    var shown = (ObjectNode) first(list).orElseThrow().get("lines");
    further.path("data").forEach(((ArrayNode) shown.get("data"))::add);
    shown.put("has_more", further.path("has_more").asBoolean() && !further.path("data").isEmpty());
    return mapper.writeValueAsString(list);
  }

  private static Optional<JsonNode> first(JsonNode invoices) {
    return invoices
        .path("data")
        .valueStream()
        .filter(invoice -> invoice.at("/lines/has_more").asBoolean())
        .findFirst();
  }
}
