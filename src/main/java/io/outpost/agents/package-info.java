/**
 * The agent catalogue: what can be asked for, how each is launched, and which agents some worker
 * offers.
 */
package io.outpost.agents;
