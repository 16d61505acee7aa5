/**
 * A stand-in for Stripe's API, for tests and the local profile: stateful, strict about what it is
 * sent (request-schemas.json, made from Stripe's published types), and able to fail on request.
 */
package io.outpost.local.stripe;

