/** Taking jobs from the queues and running them: claims, leases, slots, retries, dead letters. */
@NullMarked
package io.outpost.worker;

import org.jspecify.annotations.NullMarked;
