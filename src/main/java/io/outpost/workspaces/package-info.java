/** A tenant's workspaces, as its jobs left them. */
@NullMarked
package io.outpost.workspaces;

import org.jspecify.annotations.NullMarked;
