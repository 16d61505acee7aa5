/** Finds the route files of a role, ours and those of a mounted folder. */
@NullMarked
package io.outpost.routes;

import org.jspecify.annotations.NullMarked;
