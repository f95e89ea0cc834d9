/**
 * Decides what a trial does next: the workload sequence of SPEC section 5, arranged as legs. Pure
 * decisions: no clock, no I/O, no threads.
 *
 * <p>The door is {@link dev.muster.job.search.WorkloadSequencer}. The driver owns one for each
 * trial and calls it on one thread at a time; the other types are immutable.
 */
@NullMarked
package dev.muster.job.search;

import org.jspecify.annotations.NullMarked;
