/**
 * Ids, time, JSON, cursors, pages, problems and addresses: words that every module speaks. Knows no
 * domain and no AWS.
 */
@NullMarked
package io.outpost.kernel;

import org.jspecify.annotations.NullMarked;
