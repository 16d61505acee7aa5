package io.outpost.tenant;

/** The places of a tenant's secrets: values in Secrets Manager, names in the table of tenants. */
public final class TenantSecret {

  /** The prefix of secrets' sort keys in the table of tenants. */
  public static final String SK_PREFIX = "secret#";

  private TenantSecret() {}

  /** The sort key of a secret's name. */
  public static String sk(String variable) {
    return SK_PREFIX + variable;
  }

  /** The secret's name: under the tenant's own prefix. */
  public static String name(String tenantId, String variable) {
    return prefix(tenantId) + variable;
  }

  /** The prefix of all secrets of a tenant. */
  public static String prefix(String tenantId) {
    return "/outpost/tenants/" + tenantId + "/";
  }
}
