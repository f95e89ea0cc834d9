package dev.muster.job.runtime;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.tensorflow.RawTensor;
import org.tensorflow.Tensor;
import org.tensorflow.internal.c_api.TF_Tensor;
import org.tensorflow.internal.c_api.global.tensorflow;

/**
 * Every use of what TensorFlow Java does not publish, with a test per call: to be looked at again
 * when its version changes.
 */
final class TensorFlowInternals {
  private static final Method NATIVE_HANDLE = nativeHandle();

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
}
