/**
 * The agent catalogue: what can be asked for, how each is launched, and which agents some worker
 * offers.
 */
@NullMarked
package io.outpost.agents;

import org.jspecify.annotations.NullMarked;
