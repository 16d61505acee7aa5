/** The Camel component that takes jobs from several queues by weight. */
@NullMarked
package io.outpost.worker.lanes;

import org.jspecify.annotations.NullMarked;
