/**
 * The exchange between the replicas of one trial: a ring of sockets over which each rank sends to
 * its right neighbour and receives from its left one.
 *
 * <p>{@link dev.muster.job.collective.RingListener} is the door: bound once per slot on the
 * executor's own host, it forms one {@link dev.muster.job.collective.Collective} per generation.
 * Only the runtime of a replica calls these, on the replica's communication thread; {@code abort}
 * and {@code close} may come from any thread. Before the first ring, {@link
 * dev.muster.job.collective.LinkProbe} tries the links; its thread, {@code muster-links-RANK}, is
 * the only one that the package starts, and ends with it. Nothing else of Muster is used.
 *
 * <p>Every wait has a bound, every frame names its generation, step and bucket, and a connection
 * that does not prove the generation's secret is closed. What follows the handshake is AES-256-GCM
 * where the {@link dev.muster.job.collective.RingPlan} says so; otherwise it is neither encrypted
 * nor signed.
 */
@NullMarked
package dev.muster.job.collective;

import org.jspecify.annotations.NullMarked;
