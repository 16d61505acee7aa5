/**
 * Webhook events: the outbox, to which an event is added in the transaction of its change, for
 * tenants with endpoints. Offers {@link io.outpost.event.Events} to modules that change something,
 * and the stored events to the flow that delivers them.
 */
@NullMarked
package io.outpost.event;

import org.jspecify.annotations.NullMarked;
