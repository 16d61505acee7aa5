/**
 * The job: its states, its transitions, its message, its output. Steps on jobs are in {@code jobs}
 * and {@code worker}.
 */
@NullMarked
package io.outpost.job;

import org.jspecify.annotations.NullMarked;
