/**
 * Ids, times, JSON, cursors, pages, problems and addresses, for all modules. Depends neither on the
 * domain nor on AWS.
 */
@NullMarked
package io.outpost.kernel;

import org.jspecify.annotations.NullMarked;
