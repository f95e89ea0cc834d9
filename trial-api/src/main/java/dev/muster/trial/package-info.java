/**
 * What a user writes a trial against. Start from {@link dev.muster.trial.EstimatorTrial}.
 *
 * <p>Muster constructs a trial once on the driver, to learn its data sets and to find its errors,
 * and once in every slot. The model function runs once for each mode, each time in a graph of its
 * own; variables of the three graphs are matched by name. All calls into one trial come from one
 * thread. Several slots may live in one JVM, so what a trial keeps in static fields is shared by
 * them.
 */
@NullMarked
package dev.muster.trial;

import org.jspecify.annotations.NullMarked;
