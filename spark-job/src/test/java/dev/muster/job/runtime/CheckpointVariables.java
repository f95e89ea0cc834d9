package dev.muster.job.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.op.Ops;
import org.tensorflow.op.train.Restore;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.family.TType;

/** Reads the variables of a checkpoint by TensorFlow alone: their names from its graph. */
public final class CheckpointVariables {
  private CheckpointVariables() {}

  /** All variables of the training graph by name, flat; doubles hold both float32 and steps. */
  public static Map<String, double[]> read(Path checkpoint) throws IOException {
    List<String> names = new ArrayList<>();
    List<Class<? extends TType>> types = new ArrayList<>();
    GraphDef graphDef =
        GraphDef.parseFrom(Files.readAllBytes(checkpoint.resolve("graph").resolve("train.pb")));
    for (NodeDef node : graphDef.getNodeList()) {
      if (node.getOp().equals("VariableV2")) {
        names.add(node.getName());
        types.add(
            node.getAttrOrThrow("dtype").getType() == DataType.DT_INT64
                ? TInt64.class
                : TFloat32.class);
      }
    }
    try (Graph graph = new Graph();
        Session session = new Session(graph)) {
      Ops tf = Ops.create(graph);
      Restore restored =
          tf.train.restore(
              tf.constant(checkpoint.resolve("variables").resolve("variables").toString()),
              tf.array(names.toArray(new String[0])),
              tf.array(names.stream().map(name -> "").toArray(String[]::new)),
              types);
      Session.Runner runner = session.runner();
      restored.tensors().forEach(runner::fetch);
      Map<String, double[]> values = new TreeMap<>();
      try (Result result = runner.run()) {
        for (int i = 0; i < names.size(); i++) {
          values.put(names.get(i), doubles(result.get(i)));
        }
      }
      return values;
    }
  }

  /** The float32 variables of a replica, as {@link #read} gives those of a checkpoint. */
  public static Map<String, double[]> of(Replica replica) {
    Map<String, double[]> values = new TreeMap<>();
    replica.variables().forEach((name, floats) -> values.put(name, doubles(floats)));
    return values;
  }

  private static double[] doubles(Tensor tensor) {
    int size = (int) tensor.shape().size();
    if (tensor instanceof TInt64) {
      long[] longs = new long[size];
      tensor.asRawTensor().data().asLongs().read(longs);
      double[] values = new double[size];
      for (int i = 0; i < size; i++) {
        values[i] = longs[i];
      }
      return values;
    }
    float[] floats = new float[size];
    tensor.asRawTensor().data().asFloats().read(floats);
    return doubles(floats);
  }

  private static double[] doubles(float[] floats) {
    double[] values = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      values[i] = floats[i];
    }
    return values;
  }
}
