/** Finds the route files of a role, ours and those of a mounted folder. */
package io.outpost.routes;
