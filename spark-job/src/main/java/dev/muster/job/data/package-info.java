/**
 * Records on a slot's local disk, the one order in which all slots read them, and batches of them
 * in TensorFlow's memory. No Spark here: {@code dev.muster.job.spark} fills a {@link
 * dev.muster.job.data.RecordStore}, {@code dev.muster.job.runtime} takes batches from {@link
 * dev.muster.job.data.SlotBatches} on the replica's thread. {@link dev.muster.job.data.GlobalOrder}
 * and {@link dev.muster.job.data.RecordLayout} are immutable; the other classes say which thread
 * they belong to.
 */
@NullMarked
package dev.muster.job.data;

import org.jspecify.annotations.NullMarked;
