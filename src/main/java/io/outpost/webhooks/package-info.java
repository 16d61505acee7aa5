/**
 * Webhooks by the Standard Webhooks specification: the endpoints of tenants, and the delivery of
 * events to them. A flow: only routes call its steps.
 */
@NullMarked
package io.outpost.webhooks;

import org.jspecify.annotations.NullMarked;
