package io.outpost.blackbox;

import java.util.List;

/**
 * A tenant made for a test, with a key that may do all that a tenant's key may.
 *
 * @param client calls with that key
 */
public record Customer(String tenantId, String keyId, Client client) {

  /** Every scope but admin. */
  public static final List<String> SCOPES =
      List.of(
          "jobs:read",
          "jobs:write",
          "tenant:read",
          "tenant:write",
          "audit:read",
          "billing",
          "secrets:write");

  /** Makes a tenant of a tier. */
  public static Customer of(Client admin, String tier) {
    var tenant =
        admin.make(
            "/tenants",
            "{\"name\":\"A customer\",\"email\":\"dev@customer.example\",\"tier\":\"%s\"}"
                .formatted(tier));
    var tenantId = require(tenant, 201).text("tenant_id");
    var key = newKey(admin, tenantId, "\"scopes\":[\"" + String.join("\",\"", SCOPES) + "\"]");
    return new Customer(tenantId, key.text("key_id"), admin.with(key.text("key")));
  }

  /**
   * Makes a key; the answer holds it.
   *
   * @param fields further fields of the request, as JSON
   */
  public static Client.Answer newKey(Client maker, String tenantId, String fields) {
    var body = "{\"name\":\"made for a test\"" + (fields.isEmpty() ? "" : ",") + fields + "}";
    return require(maker.make("/tenants/" + tenantId + "/api-keys", body), 201);
  }

  /** The path of this tenant, or of something of it. */
  public String path(String rest) {
    return "/tenants/" + tenantId + rest;
  }

  private static Client.Answer require(Client.Answer answer, int status) {
    if (answer.status() != status) {
      throw new IllegalStateException(answer.toString());
    }
    return answer;
  }
}
