/** Running an agent as a process: confinement, limits, output, end. */
@NullMarked
package io.outpost.worker.agent;

import org.jspecify.annotations.NullMarked;
