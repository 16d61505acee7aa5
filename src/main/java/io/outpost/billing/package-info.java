/**
 * Billing: a Stripe customer for each tenant, subscriptions, webhooks and the reporting of usage.
 */
package io.outpost.billing;
