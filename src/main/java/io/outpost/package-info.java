/** Where the product starts: its main class and what the start itself needs. */
@NullMarked
package io.outpost;

import org.jspecify.annotations.NullMarked;
