/**
 * Billing: a Stripe customer for each tenant, subscriptions, webhooks and the reporting of usage.
 */
@NullMarked
package io.outpost.billing;

import org.jspecify.annotations.NullMarked;
