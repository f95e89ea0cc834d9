package dev.muster.job.runtime;

/**
 * What one slot did in one training workload.
 *
 * @param batches trained in this workload
 * @param batchesInAll trained since the trial began
 * @param lossSum the sum of each batch's loss times its examples
 * @param examples of this slot in this workload
 * @param nanos the workload's duration
 * @param stop whether a slot asked to stop: all slots know it after the same step
 */
public record TrainReport(
    int batches, long batchesInAll, double lossSum, long examples, long nanos, boolean stop) {}
