/** The main class and the steps of the start itself. */
@NullMarked
package io.outpost;

import org.jspecify.annotations.NullMarked;
