/**
 * One replica of a trial in one slot: its graphs, sessions and optimizer slots, the exchange of its
 * gradients, its checkpoints. No Spark, no YAML, no Hadoop: with a {@link
 * dev.muster.job.collective.Collective} of one rank a whole trial runs on a laptop.
 *
 * <p>{@link dev.muster.job.runtime.Replica} is the door for slots, {@link
 * dev.muster.job.runtime.TrialCheck} the one for the driver. A replica is confined to the slot's
 * thread; its exchange has one thread of its own, {@code muster-exchange-<rank>}, which ends with
 * the generation.
 */
@NullMarked
package dev.muster.job.runtime;

import org.jspecify.annotations.NullMarked;
