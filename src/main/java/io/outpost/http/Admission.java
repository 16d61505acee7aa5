package io.outpost.http;

import io.outpost.kernel.Problem;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.ExchangePropertyKey;
import org.apache.camel.component.platform.http.springboot.PlatformHttpMessage;
import org.springframework.stereotype.Component;

/** The steps of admission that need the contract. Stateless. */
@Component("admission")
public class Admission {

  private final Contract contract;
  private final Validation validation;

  Admission(Contract contract, Validation validation) {
    this.contract = contract;
    this.validation = validation;
  }

  /** Finds the call and its operation. Removes every header, because clients set headers too. */
  public void begin(Exchange exchange) {
    var intercepted =
        exchange.getProperty(ExchangePropertyKey.INTERCEPTED_ROUTE_ENDPOINT_URI, String.class);
    var call = Call.of(exchange.getMessage(PlatformHttpMessage.class).getRequest());
    call.match(contract.operation(intercepted.substring(intercepted.lastIndexOf('/') + 1)));
    exchange.setProperty(Call.NAME, call);
    var headers = new HashMap<>(exchange.getMessage().getHeaders());
    exchange.setProperty("pathValues", headers);
    exchange.getMessage().removeHeaders("*");
  }

  /** Whether the operation needs a key. */
  public boolean needsKey(@ExchangeProperty(Call.NAME) Call call) {
    return !call.operation().open();
  }

  /** Refuses a caller without one of the operation's scopes. */
  public void authorize(@ExchangeProperty(Call.NAME) Call call) {
    var anyOf = call.operation().scopes();
    if (!anyOf.isEmpty() && anyOf.stream().noneMatch(call.principal().scopes()::contains)) {
      call.because("scope");
      throw new Problem(
          Problem.Code.FORBIDDEN,
          "This operation needs a key with the scope "
              + String.join(" or ", new java.util.TreeSet<>(anyOf))
              + ".");
    }
    call.authorize();
  }

  /**
   * Checks parameters and body against the contract: the declared parameters become headers, the
   * body becomes a tree. Refuses a tenant in the path that the caller may not see.
   */
  public void validate(
      Exchange exchange,
      @ExchangeProperty(Call.NAME) Call call,
      @ExchangeProperty("pathValues") Map<String, Object> matched) {
    var pathValues = new HashMap<String, String>();
    call.operation().parameters().stream()
        .filter(Operation.Parameter::inPath)
        .forEach(p -> pathValues.put(p.name(), String.valueOf(matched.get(p.name()))));
    var values = validation.parameters(call, pathValues);
    if (call.hasPrincipal()
        && values.get("tenant_id") instanceof String tenant
        && !call.principal().sees(tenant)) {
      call.because("another-tenant");
      throw Problem.notFound("tenant");
    }
    if (values.get("tenant_id") instanceof String tenant) {
      call.concerns(tenant);
    }
    if (call.operation().body() == null) {
      exchange.getMessage().setBody(call.body().length == 0 ? null : call.body());
    } else {
      exchange.getMessage().setBody(validation.body(call));
    }
    exchange.getMessage().setHeaders(new HashMap<>(values));
    call.admit();
  }
}
