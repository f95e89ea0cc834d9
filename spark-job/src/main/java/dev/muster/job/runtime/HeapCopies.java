package dev.muster.job.runtime;

import dev.muster.trial.TrialException;
import dev.muster.trial.metric.HeapTensor;
import java.nio.ByteBuffer;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.NdArray;
import org.tensorflow.types.TString;

/** Copies fetched tensors to the heap. */
final class HeapCopies {
  private HeapCopies() {}

  /**
   * A copy of the tensor.
   *
   * @param metric for messages
   */
  static HeapTensor copy(String metric, Tensor tensor) {
    return copyFor("compute metric '" + metric + "'", tensor);
  }

  /**
   * A copy of the tensor.
   *
   * @param act what needs it, for messages
   */
  static HeapTensor copyFor(String act, Tensor tensor) {
    if (tensor instanceof TString strings) {
      return HeapTensor.of(tensor.shape(), strings(strings));
    }
    ByteBuffer memory = TensorFlowInternals.memory(tensor);
    Object elements =
        switch (tensor.dataType()) {
          case DT_FLOAT -> {
            float[] copy = new float[memory.remaining() / Float.BYTES];
            memory.asFloatBuffer().get(copy);
            yield copy;
          }
          case DT_DOUBLE -> {
            double[] copy = new double[memory.remaining() / Double.BYTES];
            memory.asDoubleBuffer().get(copy);
            yield copy;
          }
          case DT_INT32 -> {
            int[] copy = new int[memory.remaining() / Integer.BYTES];
            memory.asIntBuffer().get(copy);
            yield copy;
          }
          case DT_INT64 -> {
            long[] copy = new long[memory.remaining() / Long.BYTES];
            memory.asLongBuffer().get(copy);
            yield copy;
          }
          case DT_UINT8 -> {
            int[] copy = new int[memory.remaining()];
            for (int i = 0; i < copy.length; i++) {
              copy[i] = Byte.toUnsignedInt(memory.get(i));
            }
            yield copy;
          }
          case DT_BOOL -> {
            boolean[] copy = new boolean[memory.remaining()];
            for (int i = 0; i < copy.length; i++) {
              copy[i] = memory.get(i) != 0;
            }
            yield copy;
          }
          default ->
              throw new TrialException(
                  "Cannot "
                      + act
                      + ": a tensor of type "
                      + tensor.dataType()
                      + " cannot be read; cast it to float32, float64, int32, int64, uint8, bool or"
                      + " string");
        };
    return HeapTensor.of(tensor.shape(), elements);
  }

  private static String[] strings(TString tensor) {
    String[] copy = new String[Math.toIntExact(tensor.shape().size())];
    int next = 0;
    for (NdArray<String> element : tensor.scalars()) {
      copy[next++] = element.getObject();
    }
    return copy;
  }
}
