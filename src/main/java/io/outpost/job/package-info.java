/**
 * The job: its states, transitions, messages and output. Steps on jobs are in {@code jobs} and
 * {@code worker}.
 */
@NullMarked
package io.outpost.job;

import org.jspecify.annotations.NullMarked;
