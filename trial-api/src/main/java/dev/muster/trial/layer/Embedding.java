package dev.muster.trial.layer;

import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TIntegral;

/**
 * A table of vectors, one for each id; made by {@link Layers#embeddingTable}. Any number of
 * features may look up its rows. An optimizer updates the rows that a step used.
 *
 * <p>An id beyond the table fails the step on a CPU, and reads zeros on a GPU.
 */
public final class Embedding {
  private final LayerScope layer;
  private final String table;
  private final int dimensions;

  Embedding(LayerScope layer, String suffix, int rows, int dimensions, Initializer initializer) {
    this.layer = layer;
    this.dimensions = layer.positive("a number of dimensions", dimensions);
    this.table = layer.name() + "/" + suffix;
    layer
        .variables()
        .table(table, Shape.of(layer.positive("a number of rows", rows), dimensions), initializer);
  }

  /**
   * The row of each id.
   *
   * @param ids any shape of rank 1 or more; each from 0 to rows - 1
   * @return the ids' shape and one more dimension, {@code [batch, …, dimensions]}
   */
  public Operand<TFloat32> lookup(Operand<? extends TIntegral> ids) {
    Shape shape = layer.shape(ids, 1, Integer.MAX_VALUE, "[batch, …]");
    Operand<TFloat32> rows = layer.variables().lookup(table, ids);
    return shape.numDimensions() == 1
        ? rows
        : layer.tf().reshape(rows, layer.shapeWith(ids, 0, dimensions));
  }

  /**
   * The sum of the rows of each record's ids.
   *
   * @param ids {@code [batch, n]}; each below rows; negative ones, such as padding, are left out
   * @return {@code [batch, dimensions]}; zeros for a record without ids
   */
  public Operand<TFloat32> sum(Operand<? extends TIntegral> ids) {
    return bag(ids).sum();
  }

  /**
   * The mean of the rows of each record's ids.
   *
   * @param ids {@code [batch, n]}; each below rows; negative ones, such as padding, are left out
   * @return {@code [batch, dimensions]}; zeros for a record without ids
   */
  public Operand<TFloat32> mean(Operand<? extends TIntegral> ids) {
    Ops tf = layer.tf();
    Bag bag = bag(ids);
    Operand<TFloat32> counts =
        tf.reduceSum(tf.dtypes.cast(bag.present(), TFloat32.class), tf.constant(1));
    Operand<TFloat32> divisors = tf.math.maximum(counts, tf.constant(1f));
    return tf.math.div(bag.sum(), tf.expandDims(divisors, tf.constant(1)));
  }

  private record Bag(Operand<TFloat32> sum, Operand<TBool> present) {}

  /** Looks up present ids alone, so that padding touches no row. */
  private Bag bag(Operand<? extends TIntegral> ids) {
    layer.shape(ids, 2, 2, "[batch, n] of ids");
    Ops tf = layer.tf();
    Operand<TInt64> wide = tf.dtypes.cast(ids, TInt64.class);
    Operand<TBool> present = tf.math.greaterEqual(wide, tf.constant(0L));
    Operand<TInt64> places = tf.where(present);
    Operand<TFloat32> rows = layer.variables().lookup(table, tf.gatherNd(wide, places));
    Operand<TInt64> records = tf.gather(places, tf.constant(0), tf.constant(1));
    Operand<TInt32> batch = tf.gather(tf.shape(ids), tf.constant(0), tf.constant(0));
    return new Bag(tf.math.unsortedSegmentSum(rows, records, batch), present);
  }
}
