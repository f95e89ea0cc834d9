package dev.muster.job.spark;

import dev.muster.job.checkpoint.ExperimentDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies what a trial's chief wrote for TensorBoard to the experiment's directory, whole files that
 * have grown since the last time. What fails is logged: it is no reason to end a trial. Confined to
 * the slot's thread.
 */
final class TensorBoardUpload {
  private static final Logger LOG = LoggerFactory.getLogger(TensorBoardUpload.class);
  private static final long MAX_FILE_BYTES = 256 << 20;

  private final Map<Path, Long> uploaded = new HashMap<>();

  /**
   * Copies the files below a local directory.
   *
   * @param local may not exist
   * @param trialId in whose directory they go
   */
  void run(Path local, ExperimentDirectory experiment, int trialId) {
    if (!Files.isDirectory(local)) {
      return;
    }
    try (Stream<Path> walk = Files.walk(local)) {
      List<Path> files = walk.filter(Files::isRegularFile).toList();
      for (Path file : files) {
        upload(local, file, experiment, trialId);
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("Cannot copy the files for TensorBoard to {}", experiment.path(), e);
    }
  }

  private void upload(Path local, Path file, ExperimentDirectory experiment, int trialId)
      throws IOException {
    long bytes = Files.size(file);
    if (Long.valueOf(bytes).equals(uploaded.get(file))) {
      return;
    }
    if (bytes > MAX_FILE_BYTES) {
      LOG.warn("Not copying {} for TensorBoard: it has {} bytes", file, bytes);
      return;
    }
    String relative = local.relativize(file).toString().replace('\\', '/');
    experiment.write("tensorboard/" + trialId + "/" + relative, Files.readAllBytes(file));
    uploaded.put(file, bytes);
  }
}
