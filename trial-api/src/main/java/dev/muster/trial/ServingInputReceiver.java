package dev.muster.trial;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.TUint8;
import org.tensorflow.types.family.TType;

/**
 * What a served model is fed with: it becomes the features of the PREDICT graph. Immutable.
 *
 * <p>Either tensors, one for each feature, or one vector of serialized {@code tf.Example} messages
 * that the served model parses itself.
 */
public final class ServingInputReceiver {
  /**
   * One feature.
   *
   * @param type its element type
   * @param shape of a receiver of tensors: with the batch dimension, which is -1; of a receiver of
   *     examples: of one example
   */
  public record Input(Class<? extends TType> type, Shape shape) {
    public Input {
      Objects.requireNonNull(type, "type");
      Objects.requireNonNull(shape, "shape");
    }
  }

  private final boolean examples;
  private final Map<String, Input> inputs;
  private final Map<String, Object> defaults;

  private ServingInputReceiver(
      boolean examples, Map<String, Input> inputs, Map<String, Object> defaults) {
    this.examples = examples;
    this.inputs = inputs;
    this.defaults = defaults;
  }

  /**
   * A receiver of tensors with one input.
   *
   * @param feature the name of the feature, and of the signature's input
   * @param type its element type
   * @param shape its shape with the batch dimension, e.g. {@code Shape.of(-1, 784)}
   */
  public static ServingInputReceiver tensors(
      String feature, Class<? extends TType> type, Shape shape) {
    return new ServingInputReceiver(false, Map.of(), Map.of()).and(feature, type, shape);
  }

  /**
   * A receiver of serialized {@code tf.Example} messages, with one feature; its signatures have the
   * one input {@code examples}, a string vector {@code [batch]}.
   *
   * @param feature the name of the feature in the messages and of the model
   * @param type {@code TFloat32}, {@code TFloat64} (from a float list), {@code TInt64}, {@code
   *     TInt32}, {@code TUint8}, {@code TBool} (from an int64 list) or {@code TString} (from a
   *     bytes list)
   * @param shape of one example, fully known, e.g. {@code Shape.of(784)}, or {@code Shape.scalar()}
   * @throws TrialException for another type, or a shape that is not fully known
   */
  public static ServingInputReceiver examples(
      String feature, Class<? extends TType> type, Shape shape) {
    return new ServingInputReceiver(true, Map.of(), Map.of()).and(feature, type, shape);
  }

  /**
   * With one more feature; parameters as of the receiver's factory.
   *
   * @throws TrialException if there is one of this name, and as of {@link #examples}
   */
  public ServingInputReceiver and(String feature, Class<? extends TType> type, Shape shape) {
    Map<String, Input> more = new LinkedHashMap<>(inputs);
    if (more.put(feature, new Input(type, shape)) != null) {
      throw new TrialException("Cannot receive input '" + feature + "': it is named twice");
    }
    if (examples) {
      checkExample(feature, type, shape);
    }
    return new ServingInputReceiver(examples, Collections.unmodifiableMap(more), defaults);
  }

  private static void checkExample(String feature, Class<?> type, Shape shape) {
    if (!isNumber(type) && !type.equals(TString.class)) {
      throw new TrialException(
          "Cannot parse feature '"
              + feature
              + "' from examples: expected TFloat32, TFloat64, TInt64, TInt32, TUint8, TBool or"
              + " TString, found "
              + type.getSimpleName());
    }
    if (shape.hasUnknownDimension()) {
      throw new TrialException(
          "Cannot parse feature '"
              + feature
              + "' from examples: expected the fully known shape of one example, found "
              + shape);
    }
  }

  private static boolean isNumber(Class<?> type) {
    return isFloat(type)
        || type.equals(TInt64.class)
        || type.equals(TInt32.class)
        || type.equals(TUint8.class)
        || type.equals(TBool.class);
  }

  private static boolean isFloat(Class<?> type) {
    return type.equals(TFloat32.class) || type.equals(TFloat64.class);
  }

  /**
   * With a value for examples that lack a feature; without one, such an example is an error of the
   * request.
   *
   * @param feature one that is there
   * @param value for each of its elements: a whole number, any number for a float type, or a {@code
   *     String}
   * @throws TrialException if the receiver is of tensors, there is no such feature, or the value
   *     does not fit its type
   */
  public ServingInputReceiver withDefault(String feature, Object value) {
    Input input = inputs.get(feature);
    if (!examples || input == null) {
      throw new TrialException(
          "Cannot set the default of feature '"
              + feature
              + "': expected "
              + (examples ? "one of " + inputs.keySet() : "a receiver of examples, found tensors"));
    }
    boolean whole = value instanceof Long || value instanceof Integer;
    boolean fits =
        input.type().equals(TString.class)
            ? value instanceof String
            : whole || (isFloat(input.type()) && value instanceof Number);
    if (!fits) {
      throw new TrialException(
          "Cannot set the default of feature '"
              + feature
              + "' of type "
              + input.type().getSimpleName()
              + ": found "
              + value
              + " of type "
              + value.getClass().getSimpleName());
    }
    Map<String, Object> more = new LinkedHashMap<>(defaults);
    more.put(feature, value);
    return new ServingInputReceiver(examples, inputs, Collections.unmodifiableMap(more));
  }

  /** Whether serialized {@code tf.Example} messages are received, and no tensors. */
  public boolean isExamples() {
    return examples;
  }

  /** The inputs by feature name, in the order in which they were named. */
  public Map<String, Input> inputs() {
    return inputs;
  }

  /** The values for examples that lack a feature, by feature name. */
  public Map<String, Object> defaults() {
    return defaults;
  }
}
