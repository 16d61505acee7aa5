/**
 * A stand-in for Stripe's API, for tests and the local profile. It keeps state, checks requests
 * strictly (by request-schemas.json, made from Stripe's published types), and can fail on request.
 */
package io.outpost.local.stripe;

