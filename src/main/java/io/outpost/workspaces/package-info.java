/** A tenant's workspaces, as its jobs left them. */
package io.outpost.workspaces;
