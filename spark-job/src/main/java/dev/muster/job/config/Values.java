package dev.muster.job.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Free values (Long, Double, String, Boolean, List, Map with string keys), as {@code data} holds.
 */
final class Values {
  private Values() {}

  /** The value of a tree, every part of which must be there; empty if it has a problem. */
  static Optional<Object> read(String path, Tree tree, Problems problems) {
    if (tree instanceof Tree.Scalar scalar) {
      return Optional.of(scalar.value());
    }
    if (tree instanceof Tree.Fields fields) {
      return Optional.of(readMap(path, fields, problems));
    }
    if (tree instanceof Tree.Items items) {
      List<Object> values = new ArrayList<>();
      for (int i = 0; i < items.values().size(); i++) {
        read(path + "[" + i + "]", items.values().get(i), problems).ifPresent(values::add);
      }
      return Optional.of(values);
    }
    if (tree instanceof Tree.Nothing) {
      problems.add(tree.at(), path, "expected a value, found nothing");
    }
    return Optional.empty();
  }

  static Map<String, Object> readMap(String path, Tree.Fields fields, Problems problems) {
    Map<String, Object> values = new LinkedHashMap<>();
    fields
        .fields()
        .forEach(
            (key, field) ->
                read(YamlTree.child(path, key), field.value(), problems)
                    .ifPresent(value -> values.put(key, value)));
    return values;
  }

  /** An unmodifiable copy, to the depth, that keeps the order of the keys. */
  static Map<String, Object> copyOf(Map<String, Object> values) {
    Map<String, Object> copy = new LinkedHashMap<>();
    values.forEach((key, value) -> copy.put(key, copyOf(value)));
    return Collections.unmodifiableMap(copy);
  }

  private static Object copyOf(Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<String, Object> copy = new LinkedHashMap<>();
      map.forEach((key, v) -> copy.put((String) key, copyOf(v)));
      return Collections.unmodifiableMap(copy);
    }
    return value instanceof List<?> list ? list.stream().map(Values::copyOf).toList() : value;
  }
}
