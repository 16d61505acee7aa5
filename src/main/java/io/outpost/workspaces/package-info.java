/** The workspaces of tenants. */
@NullMarked
package io.outpost.workspaces;

import org.jspecify.annotations.NullMarked;
