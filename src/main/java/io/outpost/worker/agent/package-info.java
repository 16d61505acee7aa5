/** Running an agent as a process: confinement, limits, output, end. */
package io.outpost.worker.agent;
