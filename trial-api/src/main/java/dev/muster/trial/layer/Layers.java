package dev.muster.trial.layer;

import dev.muster.trial.TrialException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.family.TIntegral;

/**
 * Layers with variables of their own, named as TensorFlow's Python names them: {@code name/kernel},
 * {@code name/bias}, {@code name/gamma}, {@code name/beta}, {@code name/moving_mean}, {@code
 * name/moving_variance}, {@code name/embeddings}. A name may have parts, {@code tower/hidden}; each
 * is used once in a graph.
 *
 * <p>Inputs are float32 with the batch as their first dimension, images {@code [batch, height,
 * width, channels]}. Whatever is wrong throws a {@link TrialException} that names the layer.
 * Confined to the thread that runs the model function.
 */
public final class Layers {
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9.][A-Za-z0-9_.\\-]*(/[A-Za-z0-9.][A-Za-z0-9_.\\-]*)*");

  private final Ops tf;
  private final Variables variables;
  private final boolean training;
  private final Set<String> names = new HashSet<>();
  private final Map<String, Ops> scopes = new HashMap<>();
  private final List<Operand<TFloat32>> penalties = new ArrayList<>();

  private Layers(Ops tf, Variables variables, boolean training) {
    this.tf = tf;
    this.variables = variables;
    this.training = training;
  }

  /**
   * Layers of a TRAIN graph; Muster makes them.
   *
   * @param tf adds the ops
   * @param variables of the graph
   */
  public static Layers forTraining(Ops tf, Variables variables) {
    return new Layers(tf, variables, true);
  }

  /** Layers of an EVAL or PREDICT graph: without dropout, and normalized by moving averages. */
  public static Layers forInference(Ops tf, Variables variables) {
    return new Layers(tf, variables, false);
  }

  private LayerScope begin(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new TrialException(
          "Cannot build layer '"
              + name
              + "': expected a name of letters, digits, '_', '.' and '-', its parts separated by"
              + " '/'");
    }
    if (!names.add(name)) {
      throw new TrialException(
          "Cannot build layer '"
              + name
              + "': there is a layer of this name in the graph already; name each layer"
              + " differently");
    }
    return new LayerScope(name, scope(name), variables, training, penalties);
  }

  /** Ops under a name of several parts; layers that share the first parts share the scope. */
  private Ops scope(String name) {
    Ops known = scopes.get(name);
    if (known == null) {
      int slash = name.lastIndexOf('/');
      Ops parent = slash < 0 ? tf : scope(name.substring(0, slash));
      known = parent.withSubScope(name.substring(slash + 1));
      scopes.put(name, known);
    }
    return known;
  }

  /** A dense layer without activation: see {@link #dense(String, Operand, int, Consumer)}. */
  public Operand<TFloat32> dense(String name, Operand<TFloat32> input, int units) {
    return dense(name, input, units, options -> {});
  }

  /** A dense layer with an activation: see {@link #dense(String, Operand, int, Consumer)}. */
  public Operand<TFloat32> dense(
      String name, Operand<TFloat32> input, int units, Activation activation) {
    return dense(name, input, units, options -> options.activation(activation));
  }

  /**
   * activation(input × kernel + bias), with the variables {@code name/kernel}, of shape {@code
   * [features, units]}, and {@code name/bias}.
   *
   * @param name of the layer
   * @param input {@code [batch, …, features]}, the number of features known; the kernel applies to
   *     the last dimension
   * @param units the number of outputs
   * @param options e.g. {@code d -> d.activation(RELU).kernelInitializer(heNormal())}
   * @return {@code [batch, …, units]}
   */
  public Operand<TFloat32> dense(
      String name, Operand<TFloat32> input, int units, Consumer<DenseOptions> options) {
    DenseOptions filled = new DenseOptions();
    options.accept(filled);
    return filled.build(begin(name), input, units);
  }

  /** A convolution: see {@link #conv2d(String, Operand, int, int, Consumer)}. */
  public Operand<TFloat32> conv2d(
      String name, Operand<TFloat32> input, int filters, int kernelSize, Activation activation) {
    return conv2d(name, input, filters, kernelSize, options -> options.activation(activation));
  }

  /**
   * A convolution over height and width, with the variables {@code name/kernel}, of shape {@code
   * [size, size, channels, filters]}, and {@code name/bias}. Without padding and with stride 1
   * unless the options say otherwise.
   *
   * @param name of the layer
   * @param input {@code [batch, height, width, channels]}, the number of channels known
   * @param filters the number of outputs at each place
   * @param kernelSize the height and width of the window
   * @param options e.g. {@code c -> c.activation(RELU).padding(SAME).strides(2)}
   * @return {@code [batch, height', width', filters]}
   */
  public Operand<TFloat32> conv2d(
      String name,
      Operand<TFloat32> input,
      int filters,
      int kernelSize,
      Consumer<Conv2dOptions> options) {
    Conv2dOptions filled = new Conv2dOptions(kernelSize);
    options.accept(filled);
    return filled.build(begin(name), input, filters);
  }

  /** The largest element of each window, windows side by side. */
  public Operand<TFloat32> maxPool2d(String name, Operand<TFloat32> input, int window) {
    return maxPool2d(name, input, window, options -> {});
  }

  /**
   * The largest element of each window.
   *
   * @param name of the layer
   * @param input {@code [batch, height, width, channels]}
   * @param window its height and width, and how far it moves unless the options say otherwise
   * @param options e.g. {@code p -> p.strides(2).padding(SAME)}
   * @return {@code [batch, height', width', channels]}
   */
  public Operand<TFloat32> maxPool2d(
      String name, Operand<TFloat32> input, int window, Consumer<PoolOptions> options) {
    PoolOptions filled = new PoolOptions(window);
    options.accept(filled);
    return filled.max(begin(name), input);
  }

  /** The mean of each window, windows side by side. */
  public Operand<TFloat32> averagePool2d(String name, Operand<TFloat32> input, int window) {
    return averagePool2d(name, input, window, options -> {});
  }

  /** The mean of each window; parameters as {@link #maxPool2d(String, Operand, int, Consumer)}. */
  public Operand<TFloat32> averagePool2d(
      String name, Operand<TFloat32> input, int window, Consumer<PoolOptions> options) {
    PoolOptions filled = new PoolOptions(window);
    options.accept(filled);
    return filled.average(begin(name), input);
  }

  /**
   * The mean over height and width.
   *
   * @param input {@code [batch, height, width, channels]}
   * @return {@code [batch, channels]}
   */
  public Operand<TFloat32> globalAveragePool2d(String name, Operand<TFloat32> input) {
    LayerScope layer = begin(name);
    layer.shape(input, 4, 4, "[batch, height, width, channels]");
    return layer.tf().math.mean(input, layer.tf().constant(new int[] {1, 2}));
  }

  /**
   * In TRAIN, sets elements to zero at random and divides the others by 1 - rate (Srivastava et
   * al., 2014); the input itself in EVAL and PREDICT. Different on each slot and in each step, the
   * same for the same trial seed, slot and step.
   *
   * @param name of the layer
   * @param input any shape
   * @param rate the probability of zero, from 0 to below 1
   * @return the input's shape
   */
  public Operand<TFloat32> dropout(String name, Operand<TFloat32> input, float rate) {
    LayerScope layer = begin(name);
    if (!(rate >= 0 && rate < 1)) {
      throw layer.wrong("expected a rate from 0 to below 1, found " + rate);
    }
    if (!training || rate == 0) {
      return input;
    }
    Ops ops = layer.tf();
    // The exact name: random streams are keyed by it, in all slots and after a resume.
    long seed = variables.seedOf(name);
    Operand<TFloat32> uniform =
        ops.scope()
            .env()
            .opBuilder("RandomUniform", name + "/random_uniform", ops.scope())
            .addInput(ops.shape(input).asOutput())
            .setAttr("dtype", DataType.DT_FLOAT)
            .setAttr("seed", seed)
            .setAttr("seed2", seed >>> 32)
            .build()
            .<TFloat32>output(0);
    Operand<TFloat32> scaled = ops.math.mul(input, ops.constant(1 / (1 - rate)));
    return ops.select(ops.math.greaterEqual(uniform, ops.constant(rate)), scaled, ops.constant(0f));
  }

  /** A batch normalization: see {@link #batchNormalization(String, Operand, Consumer)}. */
  public Operand<TFloat32> batchNormalization(String name, Operand<TFloat32> input) {
    return batchNormalization(name, input, options -> {});
  }

  /**
   * Each feature less its mean, by its standard deviation, times gamma, plus beta (Ioffe and
   * Szegedy, 2015), with the variables {@code name/gamma}, {@code name/beta}, {@code
   * name/moving_mean} and {@code name/moving_variance}. In TRAIN by mean and variance of the slot's
   * own batch, of which each step moves the moving averages; in EVAL and PREDICT by those. A batch
   * without records leaves them as they are. As in TensorFlow's Python, the moving variance of
   * images is fed the unbiased variance, n - 1 below, and any other input's the biased one.
   *
   * @param name of the layer
   * @param input {@code [batch, …, features]}, the number of features known
   * @param options e.g. {@code b -> b.momentum(0.9)}
   * @return the input's shape
   */
  public Operand<TFloat32> batchNormalization(
      String name, Operand<TFloat32> input, Consumer<BatchNormalizationOptions> options) {
    BatchNormalizationOptions filled = new BatchNormalizationOptions();
    options.accept(filled);
    return filled.build(begin(name), input);
  }

  /** A layer normalization: see {@link #layerNormalization(String, Operand, Consumer)}. */
  public Operand<TFloat32> layerNormalization(String name, Operand<TFloat32> input) {
    return layerNormalization(name, input, options -> {});
  }

  /**
   * Each record's features less their mean, by their standard deviation, times gamma, plus beta (Ba
   * et al., 2016), over the last dimension, with the variables {@code name/gamma} and {@code
   * name/beta}.
   *
   * @param name of the layer
   * @param input {@code [batch, …, features]}, the number of features known
   * @param options e.g. {@code l -> l.epsilon(1e-6f)}
   * @return the input's shape
   */
  public Operand<TFloat32> layerNormalization(
      String name, Operand<TFloat32> input, Consumer<LayerNormalizationOptions> options) {
    LayerNormalizationOptions filled = new LayerNormalizationOptions();
    options.accept(filled);
    return filled.build(begin(name), input);
  }

  /**
   * A vector for each id, from the variable {@code name/embeddings}, uniform in ±0.05 at first as
   * in Keras.
   *
   * @param name of the layer
   * @param ids any shape of rank 1 or more; each from 0 to rows - 1
   * @param rows the number of ids
   * @param dimensions of a vector
   * @return the ids' shape and one more dimension, {@code [batch, …, dimensions]}
   */
  public Operand<TFloat32> embedding(
      String name, Operand<? extends TIntegral> ids, int rows, int dimensions) {
    return embeddingTable(name, rows, dimensions).lookup(ids);
  }

  /** A table that several features may share: see {@link #embedding}. */
  public Embedding embeddingTable(String name, int rows, int dimensions) {
    return embeddingTable(name, rows, dimensions, Initializer.randomUniform(-0.05f, 0.05f));
  }

  /** A table with another initial value; its variable is {@code name/embeddings}. */
  public Embedding embeddingTable(String name, int rows, int dimensions, Initializer initializer) {
    return new Embedding(begin(name), "embeddings", rows, dimensions, initializer);
  }

  /**
   * The linear part of a wide and deep model (Cheng et al., 2016): the sum of one weight for each
   * category that the record has, and a bias. The variables are {@code name/column/weights}, of
   * shape {@code [rows, units]}, and {@code name/bias_weights}, all zeros at first.
   *
   * @param name of the layer
   * @param columns at least one
   * @param units the number of outputs, 1 for a logit
   * @return {@code [batch, units]}
   */
  public Operand<TFloat32> wide(String name, List<WideColumn> columns, int units) {
    LayerScope layer = begin(name);
    if (columns.isEmpty()) {
      throw layer.wrong("expected at least one column, found none");
    }
    List<Operand<TFloat32>> terms = new ArrayList<>();
    for (WideColumn column : columns) {
      LayerScope part = begin(name + "/" + column.name());
      int rank = part.shape(column.ids(), 1, 2, "[batch] or [batch, n] of ids").numDimensions();
      Embedding weights = new Embedding(part, "weights", column.rows(), units, Initializer.zeros());
      terms.add(
          weights.sum(
              rank == 2 ? column.ids() : part.tf().expandDims(column.ids(), tf.constant(1))));
    }
    Operand<TFloat32> sum = terms.size() == 1 ? terms.get(0) : layer.tf().math.addN(terms);
    return layer
        .tf()
        .math
        .add(sum, layer.trainable("bias_weights", Shape.of(units), Initializer.zeros(), null));
  }

  /**
   * All dimensions but the first as one.
   *
   * @param input {@code [batch, …]}, all sizes but the batch's known
   * @return {@code [batch, size]}
   */
  public Operand<TFloat32> flatten(String name, Operand<TFloat32> input) {
    LayerScope layer = begin(name);
    Shape shape = layer.shape(input, 1, Integer.MAX_VALUE, "[batch, …]");
    long size = 1;
    for (int i = 1; i < shape.numDimensions(); i++) {
      if (shape.get(i) == Shape.UNKNOWN_SIZE) {
        throw layer.wrong(
            "expected known sizes of all dimensions but the first, found "
                + LayerScope.text(shape)
                + "; declare the column's shape");
      }
      size *= shape.get(i);
    }
    return layer.tf().reshape(input, layer.tf().constant(new long[] {-1, size}));
  }

  /**
   * The sum of the penalties of all layers so far: add it to the loss yourself, {@code
   * tf.math.add(loss, m.regularization())}. Zero where no layer has a regularizer.
   *
   * @return a scalar
   */
  public Operand<TFloat32> regularization() {
    return switch (penalties.size()) {
      case 0 -> tf.constant(0f);
      case 1 -> penalties.get(0);
      default -> tf.withName("regularization").math.addN(penalties);
    };
  }
}
