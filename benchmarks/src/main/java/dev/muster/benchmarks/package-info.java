/**
 * Examples per second of Muster beside a plain TensorFlow Java loop, on the same work. {@link
 * dev.muster.benchmarks.Bench} is what {@code scripts/bench} runs; it starts every contender as
 * processes of its own, one after the other.
 */
@NullMarked
package dev.muster.benchmarks;

import org.jspecify.annotations.NullMarked;
