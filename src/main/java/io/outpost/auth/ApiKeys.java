package io.outpost.auth;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.outpost.platform.ApiKey;
import io.outpost.platform.Ids;
import io.outpost.platform.Principal;
import io.outpost.platform.Problem;
import io.outpost.platform.Tenant;
import io.outpost.platform.aws.Change;
import io.outpost.platform.aws.Items;
import io.outpost.platform.aws.Names;
import io.outpost.platform.http.Call;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.camel.Body;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Header;
import org.springframework.stereotype.Component;
import software.amazon.awssdk.services.dynamodb.model.ConditionCheck;
import software.amazon.awssdk.services.dynamodb.model.Put;

/** The steps of making API keys. Stateless. */
@Component("apiKeys")
public class ApiKeys {

  private static final List<String> DEFAULT_SCOPES = List.of("jobs:read", "jobs:write");

  private final ObjectMapper mapper;
  private final Items items;
  private final Names names;

  ApiKeys(ObjectMapper mapper, Items items, Names names) {
    this.mapper = mapper;
    this.items = items;
    this.names = names;
  }

  /** The answer that shows a key, the only one. */
  public record Created(@JsonUnwrapped ApiKey apiKey, String key) {}

  /** What a client asks for. */
  record Wish(String name, List<String> scopes, String mode, Instant expiresAt) {}

  /**
   * Makes a key for a tenant.
   *
   * @throws Problem 403 for a scope that the caller's own key lacks; 400 when it would be born
   *     expired
   */
  public Created create(
      @Body JsonNode body,
      @Header("tenant_id") String tenantId,
      @ExchangeProperty(Call.NAME) Call call,
      Exchange exchange) {
    var wish = mapper.convertValue(body, Wish.class);
    var scopes = wish.scopes() == null ? DEFAULT_SCOPES : wish.scopes();
    refuseMoreThanOwn(scopes, call.principal());
    var now = Instant.now();
    if (wish.expiresAt() != null && !wish.expiresAt().isAfter(now)) {
      throw Problem.invalid("expires_at", "must be in the future");
    }
    var mode = wish.mode() == null ? "live" : wish.mode();
    var key =
        new ApiKey(
            Ids.ulid(), tenantId, wish.name(), scopes, mode, now, wish.expiresAt(), null, null);
    return add(Change.of(exchange), key);
  }

  private Created add(Change change, ApiKey key) {
    var secret = Secret.random(key.mode());
    var item = items.write(key);
    item.put("sk", Items.text(ApiKey.sk(key.keyId())));
    item.put("key_hash", Items.text(secret.hash()));
    change.put(
        Put.builder().tableName(names.table("tenants")).item(item),
        old -> new IllegalStateException("unconditional"));
    if (!key.tenantId().equals(Ids.OPERATORS)) {
      change.check(
          ConditionCheck.builder()
              .tableName(names.table("tenants"))
              .key(Tenant.key(key.tenantId()))
              .conditionExpression("attribute_exists(sk) AND #status <> :deleted")
              .expressionAttributeNames(Map.of("#status", "status"))
              .expressionAttributeValues(Map.of(":deleted", Items.text("deleted"))),
          old -> Problem.notFound("tenant"));
    }
    return new Created(key, secret.reveal());
  }

  private static void refuseMoreThanOwn(List<String> scopes, Principal caller) {
    for (var scope : scopes) {
      if (!caller.isAdmin() && !caller.scopes().contains(scope)) {
        throw new Problem(
            Problem.Code.FORBIDDEN,
            "Your own key lacks the scope " + scope + ", so it cannot give it to another.");
      }
    }
  }
}
