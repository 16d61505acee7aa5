/** Billing: Stripe customers for tenants, subscriptions, webhooks and usage reports. */
@NullMarked
package io.outpost.billing;

import org.jspecify.annotations.NullMarked;
