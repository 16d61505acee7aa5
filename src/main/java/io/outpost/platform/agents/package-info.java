/** The agent catalogue: what can be asked for, and how each is launched. */
package io.outpost.platform.agents;
