package io.outpost.tenant;

/** Where a tenant's provider keys are in Secrets Manager. */
public final class TenantSecret {

  private TenantSecret() {}

  /** The secret's name: under the tenant's own prefix. */
  public static String name(String tenantId, String variable) {
    return prefix(tenantId) + variable;
  }

  /** What all secrets of a tenant begin with. */
  public static String prefix(String tenantId) {
    return "/outpost/tenants/" + tenantId + "/";
  }
}
