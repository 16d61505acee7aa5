/** Runs agents as processes: confinement, limits, output, end. */
@NullMarked
package io.outpost.worker.agent;

import org.jspecify.annotations.NullMarked;
