/** Whether the process and what it depends on can serve. */
@NullMarked
package io.outpost.health;

import org.jspecify.annotations.NullMarked;
