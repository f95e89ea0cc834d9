/**
 * Where an experiment keeps its files: the only user of Hadoop's {@code FileSystem}. It moves local
 * directories and bytes to and from an experiment directory on any Hadoop path and makes a
 * checkpoint whole or absent; it knows nothing of TensorFlow, Spark or YAML.
 *
 * <p>Start at {@link dev.muster.job.checkpoint.Storage}. Slots stage files through {@link
 * dev.muster.job.checkpoint.StagedCheckpoint#upload}, the driver alone commits through {@link
 * dev.muster.job.checkpoint.StagedCheckpoint#commit}, and anybody reads through {@link
 * dev.muster.job.checkpoint.CommittedCheckpoint}. The stored shape is specified in {@code
 * docs/checkpoint-format.md}.
 *
 * <p>Every class may be used from any thread; the calls block for as long as the file system does
 * (its own retries and time limits bound that). A storage acts as the user who opened it. The one
 * thread made here is {@code muster-storage-probe}: it lives within {@link
 * dev.muster.job.checkpoint.Storage#probe} and is interrupted at that call's deadline. Failures are
 * {@link dev.muster.job.checkpoint.StorageException}.
 */
@NullMarked
package dev.muster.job.checkpoint;

import org.jspecify.annotations.NullMarked;
