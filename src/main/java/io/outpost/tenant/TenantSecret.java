package io.outpost.tenant;

/** Where a tenant's secrets are stored: values in Secrets Manager, names in the table tenants. */
public final class TenantSecret {

  /** The prefix of secrets' sort keys in the table tenants. */
  public static final String SK_PREFIX = "secret#";

  private TenantSecret() {}

  /** The sort key of a secret. */
  public static String sk(String variable) {
    return SK_PREFIX + variable;
  }

  /** The secret's name in Secrets Manager, under the tenant's own prefix. */
  public static String name(String tenantId, String variable) {
    return prefix(tenantId) + variable;
  }

  /** The prefix in Secrets Manager of all secrets of a tenant. */
  public static String prefix(String tenantId) {
    return "/outpost/tenants/" + tenantId + "/";
  }
}
