/**
 * Loads, checks, tests, reloads and shows the route files of a role, both shipped and mounted ones.
 */
@NullMarked
package io.outpost.routes;

import org.jspecify.annotations.NullMarked;
