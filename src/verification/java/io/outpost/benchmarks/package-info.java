/**
 * How the figures in {@code benchmarks/} are made. Each part is a process of its own, so that what
 * one burns is not counted for another. Not tests: {@code benchmarks/run} starts them.
 */
package io.outpost.benchmarks;

