package dev.muster.job.runtime;

import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.Output;
import org.tensorflow.RawTensor;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.internal.c_api.TF_CheckpointReader;
import org.tensorflow.internal.c_api.TF_DeviceList;
import org.tensorflow.internal.c_api.TF_Graph;
import org.tensorflow.internal.c_api.TF_Input;
import org.tensorflow.internal.c_api.TF_Output;
import org.tensorflow.internal.c_api.TF_Session;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.internal.c_api.TF_Tensor;
import org.tensorflow.internal.c_api.global.tensorflow;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.proto.DataType;

/**
 * Every use of what TensorFlow Java does not publish, with a test per call: to be looked at again
 * when its version changes.
 */
final class TensorFlowInternals {
  private static final Method NATIVE_HANDLE = nativeHandle();
  private static final Field GRAPH_HANDLE = handle(Graph.class);
  private static final Field SESSION_HANDLE = handle(Session.class);

  private TensorFlowInternals() {}

  private static Method nativeHandle() {
    try {
      Method method = RawTensor.class.getDeclaredMethod("nativeHandle");
      method.setAccessible(true);
      return method;
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(
          "Cannot use this version of TensorFlow Java: RawTensor has no nativeHandle", e);
    }
  }

  private static Field handle(Class<?> owner) {
    try {
      Field field = owner.getDeclaredField("nativeHandle");
      field.setAccessible(true);
      return field;
    } catch (NoSuchFieldException e) {
      throw new IllegalStateException(
          "Cannot use this version of TensorFlow Java: "
              + owner.getSimpleName()
              + " has no nativeHandle",
          e);
    }
  }

  /**
   * A view of the tensor's own memory, in native byte order, valid while the tensor is open. Memory
   * that TensorFlow handed out is to be read only.
   */
  static ByteBuffer memory(Tensor tensor) {
    if (tensor.numBytes() == 0) {
      return ByteBuffer.allocateDirect(0).order(ByteOrder.nativeOrder());
    }
    try {
      TF_Tensor handle = (TF_Tensor) NATIVE_HANDLE.invoke(tensor.asRawTensor());
      Pointer data = tensorflow.TF_TensorData(handle);
      return new BytePointer(data)
          .capacity(tensor.numBytes())
          .asByteBuffer()
          .order(ByteOrder.nativeOrder());
    } catch (IllegalAccessException | InvocationTargetException e) {
      throw new IllegalStateException("Cannot read a tensor's memory", e);
    }
  }

  /**
   * Gives an op another input, of the same type and shape. Before the graph's first session: one
   * that ran keeps the old input.
   *
   * @param source the new input
   * @param consumer the op that has the input
   * @param input its number
   */
  static void redirect(Graph graph, Output<?> source, GraphOperation consumer, int input) {
    try (TF_Output from = new TF_Output();
        TF_Input to = new TF_Input()) {
      from.oper(((GraphOperation) source.op()).getUnsafeNativeHandle()).index(source.index());
      to.oper(consumer.getUnsafeNativeHandle()).index(input);
      TF_Status status = TF_Status.newStatus();
      tensorflow.TF_UpdateEdge((TF_Graph) GRAPH_HANDLE.get(graph), from, to, status);
      status.throwExceptionIfNotOK();
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("Cannot change a graph", e);
    }
  }

  /** Places an op that names no device; no session has run it yet. */
  static void place(Graph graph, GraphOperation op, String device) {
    try (BytePointer named = tensorflow.TF_OperationDevice(op.getUnsafeNativeHandle())) {
      if (named == null || named.getString().isEmpty()) {
        tensorflow.TF_SetRequestedDevice(
            (TF_Graph) GRAPH_HANDLE.get(graph), op.getUnsafeNativeHandle(), device);
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("Cannot place an op", e);
    }
  }

  /** The names of the devices that a session can use. */
  static List<String> devices(Session session) {
    TF_Status status = TF_Status.newStatus();
    @Nullable TF_DeviceList list = null;
    try {
      list = tensorflow.TF_SessionListDevices((TF_Session) SESSION_HANDLE.get(session), status);
      status.throwExceptionIfNotOK();
      List<String> names = new ArrayList<>();
      for (int i = 0; i < tensorflow.TF_DeviceListCount(list); i++) {
        names.add(tensorflow.TF_DeviceListName(list, i, status).getString());
        status.throwExceptionIfNotOK();
      }
      return List.copyOf(names);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("Cannot list a session's devices", e);
    } finally {
      if (list != null && !list.isNull()) {
        tensorflow.TF_DeleteDeviceList(list);
      }
    }
  }

  /** The names, types and shapes of a checkpoint's variables; only its index file is read. */
  static Map<String, VariableType> variables(String prefix) {
    TF_Status status = TF_Status.newStatus();
    TF_CheckpointReader reader = tensorflow.TF_NewCheckpointReader(prefix, status);
    try {
      status.throwExceptionIfNotOK();
      Map<String, VariableType> variables = new TreeMap<>();
      for (int i = 0; i < tensorflow.TF_CheckpointReaderSize(reader); i++) {
        String name = tensorflow.TF_CheckpointReaderGetVariable(reader, i).getString();
        DataType type =
            Objects.requireNonNull(
                DataType.forNumber(
                    tensorflow.TF_CheckpointReaderGetVariableDataType(reader, name)));
        long[] sizes = new long[tensorflow.TF_CheckpointReaderGetVariableNumDims(reader, name)];
        tensorflow.TF_CheckpointReaderGetVariableShape(reader, name, sizes, sizes.length, status);
        status.throwExceptionIfNotOK();
        variables.put(name, new VariableType(type, Shape.of(sizes)));
      }
      return variables;
    } finally {
      if (reader != null && !reader.isNull()) {
        tensorflow.TF_DeleteCheckpointReader(reader);
      }
    }
  }
}
