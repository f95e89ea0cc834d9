package dev.muster.job.runtime;

import dev.muster.trial.ServingInputReceiver;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Ops;
import org.tensorflow.op.io.ParseExample;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TFloat64;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TNumber;
import org.tensorflow.types.family.TType;

/** The ops that make features of serialized {@code tf.Example} messages. */
final class ExampleParser {
  private ExampleParser() {}

  /**
   * Parses the features that the receiver declares, all of fixed length.
   *
   * @param serialized {@code [batch]}
   * @return {@code [batch, …]} each, by name
   */
  static Map<String, Operand<?>> parse(
      Ops tf, Operand<TString> serialized, ServingInputReceiver receiver) {
    Operand<TString> none = tf.fill(tf.array(0), tf.constant("")); // a constant cannot be empty
    List<String> names = List.copyOf(receiver.inputs().keySet());
    List<Operand<?>> defaults = new ArrayList<>();
    List<Shape> shapes = new ArrayList<>();
    for (String name : names) {
      ServingInputReceiver.Input input =
          java.util.Objects.requireNonNull(receiver.inputs().get(name));
      shapes.add(input.shape());
      defaults.add(defaultOf(tf, input, receiver.defaults().get(name)));
    }
    ParseExample parsed =
        tf.io.parseExample(
            serialized,
            none,
            none,
            tf.array(names.toArray(new String[0])),
            none,
            defaults,
            0L,
            List.of(),
            List.of(),
            List.of(),
            shapes);
    Map<String, Operand<?>> features = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      Class<? extends TType> type =
          java.util.Objects.requireNonNull(receiver.inputs().get(names.get(i))).type();
      features.put(names.get(i), cast(tf, parsed.denseValues().get(i), type));
    }
    return features;
  }

  /** The value in the message's own type: of the feature's shape, or empty where it has none. */
  private static Operand<?> defaultOf(
      Ops tf, ServingInputReceiver.Input input, @org.jspecify.annotations.Nullable Object value) {
    Operand<TInt64> shape = value == null ? tf.array(0L) : dims(tf, input.shape());
    if (input.type().equals(TString.class)) {
      return tf.fill(shape, tf.constant(value == null ? "" : (String) value));
    }
    Number number = value == null ? 0 : (Number) value;
    return isFloat(input.type())
        ? tf.fill(shape, tf.constant(number.floatValue()))
        : tf.fill(shape, tf.constant(number.longValue()));
  }

  private static Operand<TInt64> dims(Ops tf, Shape shape) {
    return shape.numDimensions() == 0
        ? tf.fill(tf.array(0), tf.constant(0L))
        : tf.array(shape.asArray());
  }

  private static boolean isFloat(Class<? extends TType> type) {
    return type.equals(TFloat32.class) || type.equals(TFloat64.class);
  }

  @SuppressWarnings("unchecked") // the receiver takes numbers and strings only
  private static Operand<?> cast(Ops tf, Operand<?> value, Class<? extends TType> type) {
    return value.type().equals(type)
        ? value
        : tf.dtypes.cast((Operand<? extends TNumber>) value, type);
  }
}
