package io.outpost.tenant;

/** Where a tenant's secrets are: values in Secrets Manager, names in the table of tenants. */
public final class TenantSecret {

  /** Where the sort keys of a tenant's secrets begin, in the table of tenants. */
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

  /** What all secrets of a tenant begin with. */
  public static String prefix(String tenantId) {
    return "/outpost/tenants/" + tenantId + "/";
  }
}
