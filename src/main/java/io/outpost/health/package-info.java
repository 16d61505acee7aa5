/** Whether the process and its dependencies can serve requests. */
@NullMarked
package io.outpost.health;

import org.jspecify.annotations.NullMarked;
