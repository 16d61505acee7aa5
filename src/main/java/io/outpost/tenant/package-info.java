/**
 * The customer: tenant, tier, billing period, and who calls in its name. Steps on tenants are in
 * {@code tenants}.
 */
package io.outpost.tenant;
