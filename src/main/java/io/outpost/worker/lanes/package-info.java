/** The Camel component that takes jobs from several queues by weight. */
package io.outpost.worker.lanes;
