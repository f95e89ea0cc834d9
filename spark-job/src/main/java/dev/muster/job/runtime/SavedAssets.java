package dev.muster.job.runtime;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.tensorflow.proto.AssetFileDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.TensorInfo;

/**
 * The assets of a SavedModel, which TensorFlow Java's exporter does not know: the files in the
 * directory {@code assets}, and their list in {@code saved_model.pb}.
 */
final class SavedAssets {
  private SavedAssets() {}

  /**
   * Adds the files to a model that was exported.
   *
   * @param tensors the op of the graph that stands for each file: a string scalar that a loader
   *     feeds with the file's path
   */
  static void add(Path model, Map<String, byte[]> files, Map<String, String> tensors)
      throws IOException {
    if (files.isEmpty()) {
      return;
    }
    Path directory = Files.createDirectories(model.resolve("assets"));
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      Files.write(directory.resolve(file.getKey()), file.getValue());
    }
    Path proto = model.resolve("saved_model.pb");
    SavedModel.Builder saved = SavedModel.parseFrom(Files.readAllBytes(proto)).toBuilder();
    MetaGraphDef.Builder graph = saved.getMetaGraphsBuilder(0);
    tensors.forEach(
        (file, op) ->
            graph.addAssetFileDef(
                AssetFileDef.newBuilder()
                    .setFilename(file)
                    .setTensorInfo(TensorInfo.newBuilder().setName(op + ":0"))));
    Files.write(proto, saved.build().toByteArray());
  }
}
