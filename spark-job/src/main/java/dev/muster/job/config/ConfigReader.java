package dev.muster.job.config;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Takes the keys of SPEC section 8 out of the tree. Confined to one call. */
final class ConfigReader {
  private static final String GLOBAL_BATCH_SIZE = "global_batch_size";
  private static final List<String> LATER_SEARCHERS =
      List.of("random", "grid", "adaptive_asha", "async_halving", "custom");
  private static final String IDENTIFIER =
      "\\p{javaJavaIdentifierStart}\\p{javaJavaIdentifierPart}*";
  private static final Pattern CLASS_NAME =
      Pattern.compile(IDENTIFIER + "(\\." + IDENTIFIER + ")*");

  private final Problems problems;
  private final Section root;

  private ConfigReader(Problems problems, Section root) {
    this.problems = problems;
    this.root = root;
  }

  static ExperimentConfig read(
      String yaml, String file, List<String> overrides, List<String> defaults)
      throws ConfigException {
    Problems problems = new Problems();
    Tree tree = YamlTree.ofFile(yaml, file, problems);
    if (!(tree instanceof Tree.Fields) && !(tree instanceof Tree.Invalid)) {
      problems.add(tree.at(), "", "expected a map of keys, found " + tree.found());
    }
    if (!(tree instanceof Tree.Fields fields)) {
      problems.throwIfAny();
      throw new IllegalStateException("Cannot read " + file + ": no problem and no map");
    }
    Overrides.apply(overrides, fields, problems);
    Overrides.apply(Overrides.missing(defaults, fields), fields, problems);
    ExperimentConfig config = new ConfigReader(problems, new Section("", fields, problems)).read();
    problems.throwIfAny();
    return config;
  }

  private ExperimentConfig read() {
    String name = root.requiredString("name", "the experiment's name");
    String description = root.string("description", "");
    List<String> labels = root.strings("labels");
    String entrypoint = entrypoint();
    Section hyperparameters = root.section("hyperparameters");
    SearcherConfig searcher = searcher(root.section("searcher"));
    Map<String, Object> data = Values.readMap("data", root.section("data").map(), problems);
    int schedulingUnit = root.integer("scheduling_unit", 1, 100);
    Optional<Long> recordsPerEpoch = root.optionalInteger("records_per_epoch", 1, Long.MAX_VALUE);
    Optional<Length> validationPeriod = length(root, "min_validation_period");
    Optional<Length> checkpointPeriod = length(root, "min_checkpoint_period");
    boolean initialValidation = root.flag("perform_initial_validation", false);
    CheckpointPolicy policy =
        root.choice(
            "checkpoint_policy",
            CheckpointPolicy.BEST,
            CheckpointPolicy.values(),
            CheckpointPolicy::key);
    String path = checkpointPath(root.section("checkpoint_storage"));
    Optimizations optimizations = optimizations(root.section("optimizations"));
    Section resources = root.section("resources");
    int slots = resources.integer("slots_per_trial", 1, 1);
    int gpus = gpusPerSlot(resources);
    Duration waitForSlots = Duration.ofSeconds(resources.integer("wait_for_slots_s", 1, 600));
    Duration progress = Duration.ofSeconds(resources.integer("progress_timeout_s", 1, 600));
    EncodedData encodedData = encodedData(resources);
    resources.refuseMap("collective", "port_range", "bind_address");
    resources.refuseOthers("min_slots_per_trial", "collective");
    Section debug = root.section("debug");
    int checkVariablesEvery = debug.integer("check_variables_every", 0, 0);
    debug.refuseOthers();
    OptionalLong seed = seed(root.section("reproducibility"));
    refuseOthers();
    requireGlobalBatchSize(hyperparameters, slots);
    return new ExperimentConfig(
        name,
        description,
        labels,
        entrypoint,
        Hyperparameters.read(hyperparameters, problems),
        searcher,
        data,
        schedulingUnit,
        recordsPerEpoch,
        validationPeriod,
        checkpointPeriod,
        initialValidation,
        policy,
        path,
        optimizations,
        slots,
        gpus,
        waitForSlots,
        progress,
        encodedData,
        checkVariablesEvery,
        seed);
  }

  private static int gpusPerSlot(Section resources) {
    int gpus = resources.integer("gpus_per_slot", 0, 0);
    if (gpus > 1) {
      resources.problem(
          "gpus_per_slot",
          "expected 0 or 1, found "
              + gpus
              + ": a replica's graph is placed on one GPU; for more GPUs raise slots_per_trial");
    }
    return gpus;
  }

  private static EncodedData encodedData(Section resources) {
    EncodedData standard = EncodedData.DEFAULT;
    int copies = resources.integer("data_copies", 1, standard.copies());
    if (copies > 2) {
      resources.problem("data_copies", "expected 1 or 2, found " + copies);
    }
    int percent = resources.integer("data_disk_percent", 1, standard.diskPercent());
    if (percent > 100) {
      resources.problem("data_disk_percent", "expected at most 100, found " + percent);
    }
    return new EncodedData(copies, percent);
  }

  private void refuseOthers() {
    root.refuseOthers("max_restarts", "environment", "profiling");
  }

  private static Optimizations optimizations(Section section) {
    Optimizations standard = Optimizations.DEFAULT;
    int frequency = section.integer("aggregation_frequency", 1, standard.aggregationFrequency());
    boolean average =
        section.flag("average_aggregated_gradients", standard.averageAggregatedGradients());
    boolean metrics = section.flag("average_training_metrics", standard.averageTrainingMetrics());
    section.refuseOthers("gradient_compression", "tensor_fusion_threshold");
    return new Optimizations(frequency, average, metrics);
  }

  private String entrypoint() {
    String what = "the trial's class, with its package";
    String name = root.requiredString("entrypoint", what);
    if (!name.isEmpty() && !CLASS_NAME.matcher(name).matches()) {
      root.problem("entrypoint", "expected the name of a Java class, found string '" + name + "'");
    }
    return name;
  }

  private SearcherConfig searcher(Section section) {
    String name = searcherName(section);
    String metric = section.requiredString("metric", "the name of a validation metric");
    boolean smallerIsBetter = section.flag("smaller_is_better", true);
    Optional<Length> maxLength = length(section, "max_length");
    if (maxLength.isEmpty() && section.value("max_length").isEmpty()) {
      section.problem("max_length", "is required: one of batches, records, epochs");
    }
    Optional<WarmStart> source = WarmStarts.read(section);
    section.refuseOthers(
        "max_trials",
        "max_concurrent_trials",
        "mode",
        "divisor",
        "max_rungs",
        "stop_once",
        "bracket_rungs");
    return new SearcherConfig(
        name, metric, smallerIsBetter, maxLength.orElseGet(() -> new Length.Batches(1)), source);
  }

  private static String searcherName(Section section) {
    if (section.value("name").orElse(null) instanceof Tree.Scalar scalar
        && LATER_SEARCHERS.contains(scalar.value().toString())) {
      section.problem("name", "searcher " + scalar.value() + " is not supported yet; use single");
      return "single";
    }
    return section.choice("name", "single", new String[] {"single"}, name -> name);
  }

  private Optional<Length> length(Section parent, String key) {
    Optional<Tree> value = parent.value(key);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (!(value.get() instanceof Tree.Fields fields)) {
      parent.expected(key, "a map with one of batches, records, epochs", value.get());
      return Optional.empty();
    }
    Section section = new Section(parent.pathOf(key), fields, problems);
    List<Length> lengths =
        Stream.of(
                count(section, "batches").map(Length.Batches::new),
                count(section, "records").map(Length.Records::new),
                count(section, "epochs").map(Length.Epochs::new))
            .<Length>flatMap(Optional::stream)
            .toList();
    boolean refused = section.refuseOthers();
    if (lengths.size() == 1) {
      return Optional.of(lengths.get(0));
    }
    if (lengths.size() > 1 || !refused) {
      String found = String.join(" and ", lengths.stream().map(Length::unit).toList());
      parent.problem(
          key,
          "expected exactly one of batches, records, epochs, found "
              + (found.isEmpty() ? "none" : found));
    }
    return Optional.empty();
  }

  private static Optional<Long> count(Section section, String unit) {
    return section.optionalInteger(unit, 1, Long.MAX_VALUE);
  }

  private static String checkpointPath(Section section) {
    String path = section.requiredString("path", "a Hadoop path for the experiment's files");
    section.refuseOthers("save_experiment_best", "save_trial_best", "save_trial_latest");
    return path;
  }

  private static OptionalLong seed(Section section) {
    Optional<Long> seed = section.optionalInteger("experiment_seed", 0, Integer.MAX_VALUE);
    section.refuseOthers();
    return seed.map(OptionalLong::of).orElseGet(OptionalLong::empty);
  }

  private void requireGlobalBatchSize(Section group, int slots) {
    Optional<Tree> given = group.value(GLOBAL_BATCH_SIZE);
    if (given.isEmpty()) {
      group.problem(
          GLOBAL_BATCH_SIZE,
          "is a required hyperparameter: the records in one batch over all slots, an integer >= 1");
      return;
    }
    Tree size = given.get();
    if (size instanceof Tree.Fields fields && fields.fields().containsKey("type")) {
      Tree.Field constant = fields.fields().get("val");
      if (constant == null) {
        return;
      }
      size = constant.value();
    }
    if (size instanceof Tree.Scalar scalar && scalar.value() instanceof Long number) {
      checkGlobalBatchSize(group, size, number, slots);
    } else if (!(size instanceof Tree.Nothing)) {
      group.expected(GLOBAL_BATCH_SIZE, "an integer >= 1", size);
    }
  }

  private static void checkGlobalBatchSize(Section group, Tree size, long number, int slots) {
    if (number < 1) {
      group.expected(GLOBAL_BATCH_SIZE, "an integer >= 1", size);
    } else if (number > Integer.MAX_VALUE) {
      group.expected(GLOBAL_BATCH_SIZE, "an integer <= " + Integer.MAX_VALUE, size);
    } else if (number < slots) {
      group.expected(
          GLOBAL_BATCH_SIZE,
          "an integer >= " + slots + " (one record for each of resources.slots_per_trial)",
          size);
    }
  }
}
