package dev.muster.job.config;

import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * A configuration as YAML, with every default filled in. Strings are quoted where YAML 1.1 would
 * take them for something else, so that readers of both versions of YAML see the same.
 */
final class ConfigWriter {
  private static final Pattern UNSEEN = Pattern.compile("[\\p{Cc}\\u2028\\u2029\\uFEFF]");

  private ConfigWriter() {}

  static String write(ExperimentConfig config) {
    return yaml(root(config, constants(config.hyperparameters())));
  }

  /** The configuration as nested maps, its hyperparameters as plain values. */
  static Map<String, Object> map(ExperimentConfig config) {
    return root(config, config.hyperparameters());
  }

  private static Map<String, Object> root(
      ExperimentConfig config, Map<String, Object> hyperparameters) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("name", config.name());
    root.put("description", config.description());
    root.put("labels", config.labels());
    root.put("entrypoint", config.entrypoint());
    root.put("hyperparameters", hyperparameters);
    root.put("searcher", searcher(config.searcher()));
    root.put("data", config.data());
    root.put("scheduling_unit", (long) config.schedulingUnit());
    config.recordsPerEpoch().ifPresent(records -> root.put("records_per_epoch", records));
    config.minValidationPeriod().ifPresent(p -> root.put("min_validation_period", length(p)));
    config.minCheckpointPeriod().ifPresent(p -> root.put("min_checkpoint_period", length(p)));
    root.put("perform_initial_validation", config.performInitialValidation());
    root.put("checkpoint_policy", config.checkpointPolicy().key());
    root.put("checkpoint_storage", Map.of("path", config.checkpointStoragePath()));
    Map<String, Object> optimizations = new LinkedHashMap<>();
    optimizations.put(
        "aggregation_frequency", (long) config.optimizations().aggregationFrequency());
    optimizations.put(
        "average_aggregated_gradients", config.optimizations().averageAggregatedGradients());
    optimizations.put("average_training_metrics", config.optimizations().averageTrainingMetrics());
    root.put("optimizations", optimizations);
    Map<String, Object> resources = new LinkedHashMap<>();
    resources.put("slots_per_trial", (long) config.slotsPerTrial());
    resources.put("gpus_per_slot", (long) config.gpusPerSlot());
    resources.put("wait_for_slots_s", config.waitForSlots().toSeconds());
    resources.put("progress_timeout_s", config.progressTimeout().toSeconds());
    resources.put("data_copies", (long) config.encodedData().copies());
    resources.put("data_disk_percent", (long) config.encodedData().diskPercent());
    root.put("resources", resources);
    root.put("debug", Map.of("check_variables_every", (long) config.checkVariablesEvery()));
    config
        .experimentSeed()
        .ifPresent(seed -> root.put("reproducibility", Map.of("experiment_seed", seed)));
    return root;
  }

  private static Map<String, Object> searcher(SearcherConfig searcher) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", searcher.name());
    map.put("metric", searcher.metric());
    map.put("smaller_is_better", searcher.smallerIsBetter());
    map.put("max_length", length(searcher.maxLength()));
    searcher.source().ifPresent(source -> WarmStarts.write(source, map));
    return map;
  }

  private static Map<String, Object> length(Length length) {
    return Map.of(length.unit(), length.count());
  }

  /** A map that has a key {@code type} is a value, not a group: it is written as a const. */
  private static Map<String, Object> constants(Map<?, ?> group) {
    Map<String, Object> written = new LinkedHashMap<>();
    group.forEach((key, value) -> written.put((String) key, constant(value)));
    return written;
  }

  private static Object constant(Object value) {
    if (!(value instanceof Map<?, ?> map)) {
      return value;
    }
    if (!map.containsKey("type")) {
      return constants(map);
    }
    Map<String, Object> typed = new LinkedHashMap<>();
    typed.put("type", "const");
    typed.put("val", value);
    return typed;
  }

  /** Nested maps, lists, texts, numbers and truth values as YAML. */
  static String yaml(Object value) {
    StringWriter out = new StringWriter();
    DumperOptions options = new DumperOptions();
    options.setSplitLines(false);
    new Yaml(options).serialize(node(value), out);
    return out.toString();
  }

  private static Node node(Object value) {
    if (value instanceof Map<?, ?> map) {
      List<NodeTuple> tuples =
          map.entrySet().stream()
              .map(entry -> new NodeTuple(node(entry.getKey()), node(entry.getValue())))
              .toList();
      return new MappingNode(Tag.MAP, tuples, style(tuples.isEmpty()));
    }
    if (value instanceof List<?> list) {
      List<Node> nodes = list.stream().map(ConfigWriter::node).toList();
      return new SequenceNode(Tag.SEQ, nodes, style(nodes.isEmpty()));
    }
    String text = text(value);
    // In other styles the library writes NEL and the separators as line breaks, read as blanks.
    DumperOptions.ScalarStyle style =
        UNSEEN.matcher(text).find()
            ? DumperOptions.ScalarStyle.DOUBLE_QUOTED
            : DumperOptions.ScalarStyle.PLAIN;
    return new ScalarNode(tag(value), text, null, null, style);
  }

  private static DumperOptions.FlowStyle style(boolean empty) {
    return empty ? DumperOptions.FlowStyle.FLOW : DumperOptions.FlowStyle.BLOCK;
  }

  private static Tag tag(Object value) {
    if (value instanceof Long || value instanceof Integer) {
      return Tag.INT;
    }
    if (value instanceof Double || value instanceof Float) {
      return Tag.FLOAT;
    }
    return value instanceof Boolean ? Tag.BOOL : Tag.STR;
  }

  private static String text(Object value) {
    if (value instanceof Double number && !Double.isFinite(number)) {
      return Double.isNaN(number) ? ".nan" : number > 0 ? ".inf" : "-.inf";
    }
    return value.toString();
  }
}
