package dev.muster.job.config;

import dev.muster.job.text.NearName;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads {@code hyperparameters}: constants and nested groups of them. */
final class Hyperparameters {
  private static final Set<String> DRAWN = Set.of("int", "double", "log", "categorical");
  private static final List<String> TYPES = List.of("const", "int", "double", "log", "categorical");

  private Hyperparameters() {}

  /** The name to value map; a nested group is a map. */
  static Map<String, Object> read(Section group, Problems problems) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Map.Entry<String, Tree.Field> entry : group.map().fields().entrySet()) {
      String name = entry.getKey();
      String path = group.pathOf(name);
      if (name.contains(".")) {
        problems.add(
            entry.getValue().keyAt(),
            path,
            "expected a name without a dot, found '" + name + "'; a dot separates nested groups");
      }
      value(path, entry.getValue().value(), problems).ifPresent(v -> values.put(name, v));
    }
    return values;
  }

  private static Optional<Object> value(String path, Tree tree, Problems problems) {
    if (!(tree instanceof Tree.Fields fields)) {
      return Values.read(path, tree, problems);
    }
    Section section = new Section(path, fields, problems);
    Optional<Tree> type = section.value("type");
    return type.isEmpty()
        ? Optional.of(read(section, problems))
        : typed(section, type.get(), problems);
  }

  private static Optional<Object> typed(Section section, Tree type, Problems problems) {
    if (type instanceof Tree.Scalar scalar && DRAWN.contains(scalar.value().toString())) {
      section.problem(
          "type",
          "expected const, found "
              + scalar.value()
              + ", which needs a searcher that draws values; searcher single takes constants only");
      return Optional.empty();
    }
    if (!(type instanceof Tree.Scalar scalar) || !scalar.value().equals("const")) {
      String hint = type instanceof Tree.Scalar s ? NearName.hint(s.value().toString(), TYPES) : "";
      if (!(type instanceof Tree.Invalid)) {
        section.problem("type", "expected const, found " + type.found() + hint);
      }
      return Optional.empty();
    }
    Optional<Tree> value = section.value("val");
    if (value.isEmpty()) {
      section.problem("val", "is required: the constant's value");
    }
    section.refuseOthers();
    return value.flatMap(tree -> Values.read(section.pathOf("val"), tree, problems));
  }
}
