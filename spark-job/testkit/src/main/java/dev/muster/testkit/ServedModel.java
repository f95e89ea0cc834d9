package dev.muster.testkit;

import dev.muster.trial.metric.HeapTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Array;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.Signature;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.ndarray.buffer.ByteDataBuffer;
import org.tensorflow.ndarray.buffer.DataBuffer;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.proto.DataType;
import org.tensorflow.types.TString;

/** A SavedModel of a checkpoint, run once. */
final class ServedModel {
  private static final String SIGNATURE = "serving_default";

  private ServedModel() {}

  static Map<String, HeapTensor> predict(
      Path checkpoint, String servingKey, Map<String, ?> inputs) {
    Path model = only(checkpoint.resolve(servingKey));
    try (SavedModelBundle bundle = SavedModelBundle.load(model.toString(), "serve")) {
      Signature signature = bundle.function(SIGNATURE).signature();
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      try {
        signature
            .getInputs()
            .forEach((name, input) -> tensors.put(name, tensor(name, input, inputs.get(name))));
        Map<String, HeapTensor> outputs = new LinkedHashMap<>();
        try (Result result = bundle.function(SIGNATURE).call(tensors)) {
          result.forEach(
              output -> outputs.put(output.getKey(), copy(output.getKey(), output.getValue())));
        }
        return outputs;
      } finally {
        tensors.values().forEach(Tensor::close);
      }
    }
  }

  /** The only version below a model's base path. */
  private static Path only(Path base) {
    try (Stream<Path> versions = Files.list(base)) {
      List<Path> found = versions.toList();
      if (found.size() == 1) {
        return found.get(0);
      }
      throw new IllegalArgumentException(
          "Cannot load a SavedModel: expected one directory in " + base + ", found " + found);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot load a SavedModel from " + base, e);
    }
  }

  private static Tensor tensor(
      String name, Signature.TensorDescription input, @Nullable Object value) {
    List<Object> elements = new ArrayList<>();
    if (value != null) {
      flatten(value, elements);
    }
    Shape shape = shape(name, input.shape, elements.size(), value);
    if (input.dataType == DataType.DT_STRING) {
      DataBuffer<byte[]> texts = DataBuffers.ofObjects(byte[].class, elements.size());
      for (int i = 0; i < elements.size(); i++) {
        texts.setObject(elements.get(i).toString().getBytes(StandardCharsets.UTF_8), i);
      }
      return TString.tensorOfBytes(shape, texts);
    }
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(elements.size(), Long.BYTES))
            .order(ByteOrder.nativeOrder());
    elements.forEach(element -> put(name, input.dataType, element, bytes));
    Tensor tensor = tensor(input.dataType, shape);
    ByteDataBuffer memory = tensor.asRawTensor().data();
    memory.write(bytes.array(), 0, bytes.position());
    return tensor;
  }

  /** A dimension that varies is as long as the first of the nested arrays or Lists there. */
  private static Shape shape(String name, Shape declared, int elements, @Nullable Object value) {
    long[] dimensions = declared.asArray().clone();
    long perExample = 1;
    Object nested = value;
    for (int i = 1; i < dimensions.length; i++) {
      nested = first(nested);
      if (dimensions[i] < 0) {
        dimensions[i] = length(nested);
      }
      perExample *= dimensions[i];
    }
    if (declared.numDimensions() < 1 || perExample < 1 || elements % perExample != 0) {
      throw new IllegalArgumentException(
          "Cannot feed input '%s' of shape %s: found %d elements"
              .formatted(name, declared, elements));
    }
    dimensions[0] = elements / perExample;
    return Shape.of(dimensions);
  }

  private static @Nullable Object first(@Nullable Object nested) {
    if (length(nested) < 1) {
      return null;
    }
    return nested instanceof List<?> list ? list.get(0) : Array.get(nested, 0);
  }

  /** Of a List or an array; -1 of anything else. */
  private static int length(@Nullable Object nested) {
    if (nested instanceof List<?> list) {
      return list.size();
    }
    return nested != null && nested.getClass().isArray() ? Array.getLength(nested) : -1;
  }

  private static void flatten(Object value, List<Object> into) {
    if (value instanceof List<?> list) {
      list.forEach(element -> flatten(element, into));
    } else if (value.getClass().isArray()) {
      for (int i = 0; i < Array.getLength(value); i++) {
        flatten(Array.get(value, i), into);
      }
    } else {
      into.add(value);
    }
  }

  private static void put(String name, DataType type, Object element, ByteBuffer bytes) {
    if (type == DataType.DT_BOOL && element instanceof Boolean truth) {
      bytes.put((byte) (truth ? 1 : 0));
      return;
    }
    if (!(element instanceof Number number)) {
      throw new IllegalArgumentException(
          "Cannot feed input '%s': expected %s, found %s".formatted(name, type, element));
    }
    switch (type) {
      case DT_FLOAT -> bytes.putFloat(number.floatValue());
      case DT_DOUBLE -> bytes.putDouble(number.doubleValue());
      case DT_INT32 -> bytes.putInt(number.intValue());
      case DT_INT64 -> bytes.putLong(number.longValue());
      case DT_UINT8 -> bytes.put((byte) number.intValue());
      default ->
          throw new IllegalArgumentException("Cannot feed input '%s' of %s".formatted(name, type));
    }
  }

  private static Tensor tensor(DataType type, Shape shape) {
    return switch (type) {
      case DT_FLOAT -> Tensor.of(org.tensorflow.types.TFloat32.class, shape);
      case DT_DOUBLE -> Tensor.of(org.tensorflow.types.TFloat64.class, shape);
      case DT_INT32 -> Tensor.of(org.tensorflow.types.TInt32.class, shape);
      case DT_INT64 -> Tensor.of(org.tensorflow.types.TInt64.class, shape);
      case DT_UINT8 -> Tensor.of(org.tensorflow.types.TUint8.class, shape);
      case DT_BOOL -> Tensor.of(org.tensorflow.types.TBool.class, shape);
      default -> throw new IllegalArgumentException("Cannot make a tensor of " + type);
    };
  }

  private static HeapTensor copy(String name, Tensor tensor) {
    ByteDataBuffer memory = tensor.asRawTensor().data();
    int size = Math.toIntExact(tensor.size());
    Object elements =
        switch (tensor.dataType()) {
          case DT_FLOAT -> {
            float[] copy = new float[size];
            memory.asFloats().read(copy);
            yield copy;
          }
          case DT_DOUBLE -> {
            double[] copy = new double[size];
            memory.asDoubles().read(copy);
            yield copy;
          }
          case DT_INT32 -> {
            int[] copy = new int[size];
            memory.asInts().read(copy);
            yield copy;
          }
          case DT_INT64 -> {
            long[] copy = new long[size];
            memory.asLongs().read(copy);
            yield copy;
          }
          default ->
              throw new IllegalArgumentException(
                  "Cannot read output '%s' of type %s".formatted(name, tensor.dataType()));
        };
    return HeapTensor.of(tensor.shape(), elements);
  }
}
