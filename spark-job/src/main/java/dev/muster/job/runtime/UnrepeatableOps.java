package dev.muster.job.runtime;

import dev.muster.trial.Mode;
import dev.muster.trial.TrialException;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.GraphOperation;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.NodeDef;

/** Refuses ops whose random numbers nothing can draw again: no stateless op does what they do. */
final class UnrepeatableOps {
  private UnrepeatableOps() {}

  static void refuse(GraphOperation op, Mode mode) {
    String cure = cure(op.type());
    if (cure != null && isRandom(op)) {
      throw refused("op '" + op.name() + "' of type " + op.type(), mode, cure);
    }
  }

  /** Ops inside functions cannot be changed. */
  static void refuseInFunctions(Graph graph, Mode mode) {
    if (graph.getFunctions().isEmpty()) {
      return;
    }
    FunctionDefLibrary library = graph.toGraphDef().getLibrary();
    for (FunctionDef function : library.getFunctionList()) {
      for (NodeDef node : function.getNodeDefList()) {
        if (RandomTwin.exists(node.getOp()) || cure(node.getOp()) != null) {
          throw refused(
              "op '"
                  + node.getName()
                  + "' of type "
                  + node.getOp()
                  + " inside function '"
                  + function.getSignature().getName()
                  + "'",
              mode,
              "draw the numbers in the model function and pass them to the function");
        }
      }
    }
  }

  private static TrialException refused(String what, Mode mode, String cure) {
    return new TrialException(
        "Cannot use "
            + what
            + " in mode "
            + mode
            + ": it draws random numbers that a resumed trial could not draw again; "
            + cure);
  }

  private static boolean isRandom(GraphOperation op) {
    if (op.type().startsWith("Fractional")) {
      return !op.attributes().getAttrBool("deterministic");
    }
    if (op.type().startsWith("Cudnn")) {
      return op.attributes().getAttrFloat("dropout") > 0;
    }
    return true;
  }

  private static @Nullable String cure(String type) {
    return switch (type) {
      case "UniformCandidateSampler",
          "LogUniformCandidateSampler",
          "LearnedUnigramCandidateSampler",
          "ThreadUnsafeUnigramCandidateSampler",
          "FixedUnigramCandidateSampler" ->
          "draw the candidates by tf().random.randomUniformInt";
      case "RandomShuffleQueue", "RandomShuffleQueueV2", "RecordInput" ->
          "read and shuffle records by a Dataset";
      case "SampleDistortedBoundingBox" -> "use tf().image.sampleDistortedBoundingBox";
      case "FractionalMaxPool", "FractionalAvgPool" ->
          "give it deterministic(true) and a seed, or use another pooling";
      case "CudnnRNN", "CudnnRNNV2", "CudnnRNNV3" ->
          "set its dropout to 0 and drop out by a layer of its own";
      case "StatefulUniform",
          "StatefulUniformInt",
          "StatefulUniformFullInt",
          "StatefulStandardNormal",
          "StatefulStandardNormalV2",
          "StatefulTruncatedNormal",
          "StatefulRandomBinomial",
          "RngReadAndSkip" ->
          "use an op without a generator, such as tf().random.randomUniform";
      default -> null;
    };
  }
}
