package dev.muster.job.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Puts the command line's {@code KEY=VALUE} values into the file's tree, in their order. */
final class Overrides {
  private Overrides() {}

  static void apply(List<String> overrides, Tree root, Problems problems) {
    for (String override : overrides) {
      int equals = override.indexOf('=');
      String key = equals < 0 ? override : override.substring(0, equals).strip();
      Location at = new Location.OnCommandLine(key);
      List<String> parts = List.of(key.split("\\.", -1));
      if (equals < 0 || parts.stream().anyMatch(String::isBlank)) {
        problems.add(at, key, "expected KEY=VALUE with a dotted key, found '" + override + "'");
        continue;
      }
      Tree value = YamlTree.ofOverride(override.substring(equals + 1), key, problems);
      put(root, parts, value, key, problems);
    }
  }

  /** Those whose key the tree does not have. */
  static List<String> missing(List<String> defaults, Tree root) {
    return defaults.stream()
        .filter(value -> !has(root, List.of(value.split("=", 2)[0].split("\\.", -1))))
        .toList();
  }

  private static boolean has(Tree tree, List<String> key) {
    if (key.isEmpty() || !(tree instanceof Tree.Fields map)) {
      return true; // what is no map is a problem of its own
    }
    Tree.Field field = map.fields().get(key.get(0));
    return field != null && has(field.value(), key.subList(1, key.size()));
  }

  private static void put(
      Tree root, List<String> parts, Tree value, String key, Problems problems) {
    Location at = value.at();
    Tree here = root;
    for (int i = 0; i < parts.size(); i++) {
      if (here instanceof Tree.Invalid) {
        return;
      }
      if (!(here instanceof Tree.Fields map)) {
        String path = String.join(".", parts.subList(0, i));
        problems.add(at, key, "expected a map at " + path + ", found " + here.found());
        return;
      }
      Map<String, Tree.Field> fields = map.fields();
      String part = parts.get(i);
      if (i == parts.size() - 1) {
        fields.put(part, new Tree.Field(at, value));
        return;
      }
      Tree.Field next =
          fields.computeIfAbsent(
              part, p -> new Tree.Field(at, new Tree.Fields(at, new LinkedHashMap<>())));
      here = next.value();
    }
  }
}
