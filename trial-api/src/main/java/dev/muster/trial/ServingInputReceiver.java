package dev.muster.trial;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.family.TType;

/** The tensors that a served model is fed with: they become the features of the PREDICT graph. */
public final class ServingInputReceiver {
  /**
   * One input.
   *
   * @param type its element type
   * @param shape its shape with the batch dimension, which is -1
   */
  public record Input(Class<? extends TType> type, Shape shape) {
    public Input {
      Objects.requireNonNull(type, "type");
      Objects.requireNonNull(shape, "shape");
    }
  }

  private final Map<String, Input> inputs;

  private ServingInputReceiver(Map<String, Input> inputs) {
    this.inputs = inputs;
  }

  /**
   * A receiver with one input.
   *
   * @param feature the name of the feature, and of the signature's input
   * @param type its element type
   * @param shape its shape with the batch dimension, e.g. {@code Shape.of(-1, 784)}
   */
  public static ServingInputReceiver tensors(
      String feature, Class<? extends TType> type, Shape shape) {
    return new ServingInputReceiver(Map.of()).and(feature, type, shape);
  }

  /** With one more input. */
  public ServingInputReceiver and(String feature, Class<? extends TType> type, Shape shape) {
    Map<String, Input> more = new LinkedHashMap<>(inputs);
    if (more.put(feature, new Input(type, shape)) != null) {
      throw new TrialException("Cannot receive input '" + feature + "': it is named twice");
    }
    return new ServingInputReceiver(more);
  }

  /** The inputs by feature name. */
  public Map<String, Input> inputs() {
    return Map.copyOf(inputs);
  }
}
