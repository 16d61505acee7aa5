/** Moves data between an agent's files and the store: bounded streams, names as bytes. */
@NullMarked
package io.outpost.worker.files;

import org.jspecify.annotations.NullMarked;
