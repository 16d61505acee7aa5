/** Billing: customers at Stripe, subscriptions, webhooks and usage reports. */
@NullMarked
package io.outpost.billing;

import org.jspecify.annotations.NullMarked;
