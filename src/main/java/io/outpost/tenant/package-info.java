/**
 * The customer: tenant, tier, billing period, and who calls in its name. Steps on tenants are in
 * {@code tenants}.
 */
@NullMarked
package io.outpost.tenant;

import org.jspecify.annotations.NullMarked;
