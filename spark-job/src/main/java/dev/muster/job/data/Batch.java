package dev.muster.job.data;

import java.util.Map;
import org.tensorflow.Tensor;

/**
 * One slot's part of a global batch. The tensors belong to {@link SlotBatches}, which reuses their
 * memory: do not close them, and do not keep them longer than {@link SlotBatches#next} says.
 *
 * <p>A slot that gets none of a pass's last batch has a row all the same, which counts for nothing:
 * ops fail on tensors without rows, or give them a wrong shape, as oneDNN's convolution does.
 *
 * @param examples the number of records, which may be 0
 * @param tensors by column name, each {@code [max(examples, 1), …shape]}
 */
public record Batch(int examples, Map<String, Tensor> tensors) {}
