package dev.muster.trial.optimizer;

import java.lang.reflect.Field;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_Input;
import org.tensorflow.internal.c_api.TF_Output;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.global.tensorflow;
import org.tensorflow.proto.AttrValue;

/**
 * Every use of what TensorFlow Java does not publish, with a test per call: to be looked at again
 * when its version changes.
 */
final class TensorFlowInternals {
  private static final Field NATIVE_GRAPH = nativeGraph();

  private TensorFlowInternals() {}

  private static Field nativeGraph() {
    try {
      Field field = Graph.class.getDeclaredField("nativeHandle");
      field.setAccessible(true);
      return field;
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException(
          "Cannot use this version of TensorFlow Java: Graph has no nativeHandle", e);
    }
  }

  /** Whether ops of this type have a gradient, which may be that there is none. */
  static boolean hasGradient(String type) {
    return tensorflow.TFJ_HasGradient(type);
  }

  /** Changes an attribute of an op that no session has run yet. */
  static void setAttribute(Graph graph, GraphOperation op, String name, AttrValue value) {
    try (TF_Status status = TF_Status.newStatus();
        TF_Buffer buffer = TF_Buffer.newBufferFromString(value)) {
      tensorflow.TF_SetAttr(
          (TF_Graph) NATIVE_GRAPH.get(graph), op.getUnsafeNativeHandle(), name, buffer, status);
      status.throwExceptionIfNotOK();
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("Cannot change an op's attribute", e);
    }
  }

  /** Takes an input of an op from elsewhere; no session has run the op yet. */
  static void setInput(Graph graph, GraphOperation op, int index, Output<?> source) {
    GraphOperation from = (GraphOperation) source.op();
    try (TF_Status status = TF_Status.newStatus();
        TF_Output output = new TF_Output();
        TF_Input input = new TF_Input()) {
      output.oper(from.getUnsafeNativeHandle()).index(source.index());
      input.oper(op.getUnsafeNativeHandle()).index(index);
      tensorflow.TF_UpdateEdge((TF_Graph) NATIVE_GRAPH.get(graph), output, input, status);
      status.throwExceptionIfNotOK();
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("Cannot change an op's input", e);
    }
  }
}
