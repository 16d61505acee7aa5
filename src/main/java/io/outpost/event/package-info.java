/**
 * What customers are told of by webhook: an event is written into the outbox with the change that
 * it tells of, for tenants that have somebody to tell. Offers {@link io.outpost.event.Events} to
 * whoever changes something, and the outbox's form to the flow that delivers.
 */
@NullMarked
package io.outpost.event;

import org.jspecify.annotations.NullMarked;
