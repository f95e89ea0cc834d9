/**
 * The only user of Spark: the driver's side of an experiment, its jobs, shards and placement, and
 * the executors' side of them. Which thread a class belongs to, it says itself.
 */
@NullMarked
package dev.muster.job.spark;

import org.jspecify.annotations.NullMarked;
