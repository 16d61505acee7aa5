/** Takes jobs from the queues and runs them: claims, leases, slots, retries, dead letters. */
@NullMarked
package io.outpost.worker;

import org.jspecify.annotations.NullMarked;
