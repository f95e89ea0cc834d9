/**
 * The only user of Spark: the driver of the experiment, the wire between driver and executors, and
 * the gang that turns the tasks of one plain Spark job into the slots of one leg.
 *
 * <p>Doors: {@link dev.muster.job.spark.MusterPlugin} (named in {@code spark.plugins}), {@code
 * SparkSettings} before the context exists, {@code Legs} after it. A {@code SlotProgram} is what a
 * slot does in a leg.
 *
 * <p>Threads. Driver: the caller of {@code Legs.run} watches over the leg and calls {@code
 * onWaiting} and {@code onSeated}; {@code muster-leg} submits the Spark job; {@code muster-reports}
 * calls {@code onReport}; Spark's dispatcher calls the driver plugin, which never waits and never
 * throws; Spark's listener bus tells of lost executors and ended tasks. Executor: the task's thread
 * runs the program; {@code muster-watcher-RANK} (one per seated slot, ends with its task) cancels
 * it; {@code muster-load-tensorflow} (one per JVM, ends when the library is loaded) begins before
 * the first task comes; {@code muster-heartbeat} (one per JVM, ends with the plugin) says each
 * second that its slots live; {@code muster-ask-N} (bounded, idle ones end) wait for the driver's
 * answers.
 *
 * <p>Scala types appear in {@code ScalaBridge} alone.
 */
@NullMarked
package dev.muster.job.spark;

import org.jspecify.annotations.NullMarked;
