/** The main class, and what runs at the start. */
@NullMarked
package io.outpost;

import org.jspecify.annotations.NullMarked;
