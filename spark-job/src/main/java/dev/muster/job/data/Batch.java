package dev.muster.job.data;

import java.util.Map;
import org.tensorflow.Tensor;

/**
 * One slot's part of a global batch. The tensors belong to {@link SlotBatches}, which reuses their
 * memory: do not close them, and do not keep them longer than {@link SlotBatches#next} says.
 *
 * @param examples the number of records; 0 for a slot that gets none of a pass's last batch
 * @param tensors by column name, each {@code [examples, …shape]}
 */
public record Batch(int examples, Map<String, Tensor> tensors) {}
