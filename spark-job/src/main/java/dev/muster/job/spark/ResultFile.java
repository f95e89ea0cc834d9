package dev.muster.job.spark;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.muster.job.checkpoint.ExperimentDirectory;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code result.json}: what a run has done so far, rewritten after each workload, where nothing but
 * training is new at most twice a second: short workloads must not wait for the storage. Confined
 * to one thread at a time.
 */
final class ResultFile {
  static final String NAME = "result.json";
  private static final Duration TRAINING_PERIOD = Duration.ofMillis(500);
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** A run's state in the file. */
  enum State {
    RUNNING,
    COMPLETED,
    STOPPED,
    FAILED
  }

  /** A committed checkpoint. */
  record Saved(String uuid, long batches, String path, Map<String, Object> metrics) {}

  /** The best validation so far, with the checkpoint of the same batch if there is one. */
  record Best(double metric, long batches) {}

  private final ExperimentDirectory directory;
  private final Clock clock;
  private final Map<String, Object> head = new LinkedHashMap<>();
  private final Map<String, Object> trial = new LinkedHashMap<>();
  private final List<Object> training = new ArrayList<>();
  private final List<Object> validations = new ArrayList<>();
  private final List<Saved> checkpoints = new ArrayList<>();
  private final String metric;
  private final boolean smallerIsBetter;
  private @Nullable Best best;
  private Instant written = Instant.EPOCH;
  private State state = State.RUNNING;
  private @Nullable Integer exitCode;
  private @Nullable Map<String, Object> failure;

  ResultFile(
      ExperimentDirectory directory,
      Clock clock,
      Map<String, Object> head,
      Map<String, Object> trial,
      String metric,
      boolean smallerIsBetter) {
    this.directory = directory;
    this.clock = clock;
    this.head.putAll(head);
    this.trial.putAll(trial);
    this.metric = metric;
    this.smallerIsBetter = smallerIsBetter;
  }

  /** The state and exit code that an earlier driver of this application left, if it has ended. */
  static Optional<Integer> endedWith(ExperimentDirectory directory, String applicationId) {
    return directory
        .read(NAME)
        .map(ResultFile::parse)
        .filter(json -> json.path("spark_application_id").asText().equals(applicationId))
        .filter(json -> !json.path("state").asText().equals(State.RUNNING.name()))
        .map(json -> json.path("exit_code").asInt(JobExit.DEFECT.code()));
  }

  /**
   * Ends the file of an earlier driver of this application that died without a word: a file that
   * says {@code RUNNING} for ever would be a lie.
   *
   * @return whether there was one
   */
  static boolean abandoned(ExperimentDirectory directory, String applicationId, String message) {
    Optional<ObjectNode> running =
        directory
            .read(NAME)
            .map(ResultFile::parse)
            .filter(json -> json.path("spark_application_id").asText().equals(applicationId))
            .filter(json -> json.path("state").asText().equals(State.RUNNING.name()))
            .map(ObjectNode.class::cast);
    running.ifPresent(
        json -> {
          json.put("state", State.FAILED.name());
          json.put("exit_code", JobExit.INFRASTRUCTURE.code());
          for (JsonNode trial : json.path("trials")) {
            ((ObjectNode) trial).put("state", State.FAILED.name());
            ((ObjectNode) trial).putObject("failure").put("message", message);
          }
          directory.write(NAME, bytes(json));
        });
    return running.isPresent();
  }

  private static JsonNode parse(byte[] bytes) {
    try {
      return JSON.readTree(bytes);
    } catch (IOException e) {
      throw new IllegalStateException("Cannot read " + NAME, e);
    }
  }

  void trained(long batches, long records, Map<String, Object> metrics) {
    trial.put("batches", batches);
    trial.put("records", records);
    training.add(entry(batches, metrics));
    if (!clock.instant().isBefore(written.plus(TRAINING_PERIOD))) {
      write();
    }
  }

  void validated(long batches, Map<String, Object> metrics, double searched) {
    validations.add(entry(batches, metrics));
    if (best == null || isBetter(searched, best.metric())) {
      best = new Best(searched, batches);
    }
    write();
  }

  private boolean isBetter(double value, double than) {
    if (Double.isNaN(value) || Double.isNaN(than)) {
      return Double.isNaN(than) && !Double.isNaN(value);
    }
    return smallerIsBetter ? value < than : value > than;
  }

  void saved(Saved checkpoint) {
    checkpoints.add(checkpoint);
    write();
  }

  /** Forgets what was done after this many batches: it will be done again. */
  void restarted(long batches, long records) {
    trial.put("batches", batches);
    trial.put("records", records);
    trial.merge("restarts", 1, (before, one) -> ((Number) before).intValue() + 1);
    training.removeIf(entry -> batchesOf(entry) > batches);
    validations.removeIf(entry -> batchesOf(entry) > batches);
    write();
  }

  private static long batchesOf(Object entry) {
    return entry instanceof Map<?, ?> map && map.get("batches") instanceof Number batches
        ? batches.longValue()
        : 0;
  }

  /** Where the trial's slots run, by rank. */
  void placed(List<Seated> slots) {
    List<Object> placement = new ArrayList<>();
    for (Seated slot : slots) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("rank", slot.rank());
      entry.put("host", slot.host());
      entry.put("executor", slot.executorId());
      if (slot.gpu().exists()) {
        entry.put("gpu", slot.gpu().toString());
      }
      placement.add(entry);
    }
    trial.put("placement", placement);
  }

  void ended(State end, JobExit exit, @Nullable Map<String, Object> why) {
    state = end;
    exitCode = exit.code();
    failure = why;
    write();
  }

  Optional<Best> best() {
    return Optional.ofNullable(best);
  }

  /** The one of the most batches. */
  Optional<Saved> newestCheckpoint() {
    return checkpoints.stream().max(Comparator.comparingLong(Saved::batches));
  }

  /** The checkpoint of the best validation, else the latest. */
  Optional<Saved> bestCheckpoint() {
    Best of = best;
    return checkpoints.stream()
        .filter(saved -> of != null && saved.batches() == of.batches())
        .findFirst()
        .or(
            () ->
                checkpoints.isEmpty()
                    ? Optional.empty()
                    : Optional.of(checkpoints.get(checkpoints.size() - 1)));
  }

  private static Map<String, Object> entry(long batches, Map<String, Object> metrics) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("batches", batches);
    entry.put("metrics", metrics);
    return entry;
  }

  void write() {
    directory.write(NAME, bytes(document()));
    written = clock.instant();
  }

  private static byte[] bytes(Object document) {
    try {
      return JSON.writeValueAsBytes(document);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot write " + NAME, e);
    }
  }

  private Map<String, Object> document() {
    Map<String, Object> document = new LinkedHashMap<>(head);
    document.put("state", state.name());
    document.put("exit_code", exitCode);
    document.put("updated_at", clock.instant().toString());
    document.put("searcher_metric", metric);
    document.put("best", bestDocument());
    Map<String, Object> all = new LinkedHashMap<>(trial);
    all.put("state", state.name());
    all.put("training", training);
    all.put("validations", validations);
    all.put("checkpoints", checkpoints);
    if (failure != null) {
      all.put("failure", failure);
    }
    document.put("trials", List.of(all));
    return document;
  }

  private @Nullable Map<String, Object> bestDocument() {
    Best of = best;
    if (of == null) {
      return null;
    }
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("trial", Objects.requireNonNull(trial.get("id")));
    document.put("metric", of.metric());
    document.put("batches", of.batches());
    checkpoints.stream()
        .filter(saved -> saved.batches() == of.batches())
        .findFirst()
        .ifPresent(saved -> document.put("checkpoint", saved.path()));
    return document;
  }
}
