/**
 * Programs that measure the figures in {@code benchmarks/}. Each part is a process of its own,
 * so that its CPU time is counted separately. They are not tests; {@code benchmarks/run} starts
 * them.
 */
package io.outpost.benchmarks;

