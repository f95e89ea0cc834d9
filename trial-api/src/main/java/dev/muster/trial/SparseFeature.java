package dev.muster.trial;

import org.tensorflow.Operand;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

/**
 * A sparse feature of a batch, as TensorFlow's sparse ops take it.
 *
 * @param indices int64 {@code [entries, 2]}: the row in the batch and the position in the record,
 *     in the order of the rows, within a row in the source's
 * @param values {@code [entries]}
 * @param denseShape int64 {@code [2]}: the rows, and the size of a record as declared, or the
 *     largest of the batch
 */
public record SparseFeature<T extends TType>(
    Operand<TInt64> indices, Operand<T> values, Operand<TInt64> denseShape) {}
