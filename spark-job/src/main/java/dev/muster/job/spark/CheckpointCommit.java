package dev.muster.job.spark;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.muster.job.checkpoint.CommittedCheckpoint;
import dev.muster.job.checkpoint.ExperimentDirectory;
import dev.muster.job.checkpoint.StagedCheckpoint;
import dev.muster.job.checkpoint.StagedFile;
import dev.muster.job.search.SequencerState;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * The driver's part of a checkpoint: the configuration, the state of the sequence and of the data,
 * the user's jar, and the commit, after which the checkpoint exists.
 */
final class CheckpointCommit {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final ExperimentDirectory directory;
  private final String experimentYaml;
  private final String entrypoint;
  private final Optional<Path> userJar;
  private final Supplier<DataState> data;
  private final Path scratch;

  CheckpointCommit(
      ExperimentDirectory directory,
      String experimentYaml,
      String entrypoint,
      Optional<Path> userJar,
      Supplier<DataState> data,
      Path scratch) {
    this.directory = directory;
    this.experimentYaml = experimentYaml;
    this.entrypoint = entrypoint;
    this.userJar = userJar;
    this.data = data;
    this.scratch = scratch;
  }

  /**
   * Commits what the slots have staged.
   *
   * @param attempt the name under which the slots staged
   * @param ofSlots the files of all slots
   * @param state of the sequence, this checkpoint counted as taken
   */
  CommittedCheckpoint commit(
      UUID uuid, String attempt, List<StagedFile> ofSlots, SequencerState state) {
    StagedCheckpoint staged = directory.stage(uuid, attempt);
    try {
      Path own = Files.createTempDirectory(scratch, "muster-commit-");
      try {
        write(own, state);
        List<StagedFile> all = new ArrayList<>(ofSlots);
        all.addAll(staged.upload(own, ""));
        return staged.commit(all);
      } finally {
        LocalDirectories.delete(own);
      }
    } catch (IOException e) {
      throw new java.io.UncheckedIOException("Cannot commit checkpoint " + uuid, e);
    }
  }

  private void write(Path own, SequencerState state) throws IOException {
    Files.writeString(own.resolve("experiment.yaml"), experimentYaml);
    Path states = Files.createDirectories(own.resolve("state"));
    JSON.writeValue(states.resolve(SequenceJson.FILE).toFile(), SequenceJson.of(state));
    JSON.writeValue(states.resolve(DataState.FILE).toFile(), data.get().json());
    Path model = Files.createDirectories(own.resolve("model_definition"));
    Map<String, Object> definition = new LinkedHashMap<>();
    definition.put("entrypoint", entrypoint);
    if (userJar.isPresent()) {
      Path jar = userJar.get();
      Path copy = model.resolve(jar.getFileName().toString());
      Files.copy(jar, copy);
      definition.put("jar", copy.getFileName().toString());
      definition.put("sha256", sha256(copy));
    }
    JSON.writeValue(model.resolve("model.json").toFile(), definition);
  }

  private static String sha256(Path file) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
        in.transferTo(java.io.OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
