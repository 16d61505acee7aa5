/** The API's steps on jobs: submit, read, list, cancel, sweep, redrive. */
@NullMarked
package io.outpost.jobs;

import org.jspecify.annotations.NullMarked;
