/** The agent catalogue: which agents exist, how each is started, and which ones workers offer. */
@NullMarked
package io.outpost.agents;

import org.jspecify.annotations.NullMarked;
