package io.outpost.auth;

import io.outpost.http.Call;
import io.outpost.tenant.Principal;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/** The answer to a gateway that asks about a valid key. Stateless. */
@Component("verification")
public class Verification {

  private static final String POLICY = "application/vnd.aws.iam-policy+json";

  /** Whether the caller is an authorizer of AWS API Gateway, which expects a policy. */
  public boolean wantsPolicy(@ExchangeProperty(Call.NAME) Call call) {
    return call.prefers(POLICY);
  }

  /** The key's scopes, in order, separated by spaces. */
  public String scopes(@ExchangeProperty(Call.NAME) Call call) {
    return String.join(" ", new TreeSet<>(call.principal().scopes()));
  }

  /** The key's tenant, id and scopes, for the answer. */
  public Map<String, Object> decision(@ExchangeProperty(Call.NAME) Call call) {
    var caller = call.principal();
    return Map.of(
        "tenant_id",
        caller.tenantId(),
        "key_id",
        caller.keyId(),
        "scopes",
        new TreeSet<>(caller.scopes()));
  }

  /**
   * The answer of a Lambda authorizer (API Gateway developer guide, Output from an API Gateway
   * Lambda authorizer). It allows every method of the API, because Outpost itself checks the
   * scopes.
   */
  public Map<String, Object> policy(@ExchangeProperty(Call.NAME) Call call) {
    Principal caller = call.principal();
    var statement = Map.of("Effect", "Allow", "Action", "execute-api:Invoke", "Resource", "*");
    return Map.of(
        "principalId", caller.tenantId(),
        "policyDocument", Map.of("Version", "2012-10-17", "Statement", List.of(statement)),
        "context",
            Map.of("tenant", caller.tenantId(), "key", caller.keyId(), "scopes", scopes(call)));
  }
}
