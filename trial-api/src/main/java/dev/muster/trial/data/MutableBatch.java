package dev.muster.trial.data;

import java.util.Set;
import org.tensorflow.types.family.TType;

/** A slot's part of a batch, whose tensors a {@link BatchMap} may write to. */
public interface MutableBatch {
  /** The number of rows of each tensor, at least 1. */
  int examples();

  /** The names of the tensors: those of the data set's columns. */
  Set<String> names();

  /**
   * A tensor {@code [examples, …shape]}, which is the one that is fed: its elements may be set, its
   * shape is fixed. Texts can be read and not be set. It must not be closed, nor used after the
   * method has returned: its memory is that of a later batch.
   *
   * @param column the column's name
   * @param type the column's type, e.g. {@code TFloat32.class}
   * @throws dev.muster.trial.TrialException if there is none of this name and type
   */
  <T extends TType> T tensor(String column, Class<T> type);
}
