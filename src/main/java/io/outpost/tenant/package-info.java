/** Tenants, tiers, billing periods, and callers. Steps on tenants are in {@code tenants}. */
@NullMarked
package io.outpost.tenant;

import org.jspecify.annotations.NullMarked;
