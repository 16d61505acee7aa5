/**
 * Ids, times, JSON, cursors, pages, problems and addresses, for all modules. Knows no domain and no
 * AWS.
 */
@NullMarked
package io.outpost.kernel;

import org.jspecify.annotations.NullMarked;
