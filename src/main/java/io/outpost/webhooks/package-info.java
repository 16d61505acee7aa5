/**
 * Webhooks by the Standard Webhooks specification: the endpoints of tenants, and the delivery of
 * events to them. A flow: routes call its steps, no other module does.
 */
@NullMarked
package io.outpost.webhooks;

import org.jspecify.annotations.NullMarked;
