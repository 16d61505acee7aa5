/** Taking jobs from the queues and running them: claims, leases, slots, retries, dead letters. */
package io.outpost.worker;
