package dev.muster.trial.layer;

import org.tensorflow.Operand;
import org.tensorflow.types.family.TIntegral;

/**
 * A categorical feature of {@link Layers#wide}.
 *
 * @param name of the column; its weights are {@code layer/name/weights}
 * @param ids {@code [batch]}, or {@code [batch, n]} where a record may have several; negative ones
 *     count for nothing
 * @param rows the number of categories
 */
public record WideColumn(String name, Operand<? extends TIntegral> ids, int rows) {}
