package dev.muster.job.config;

import dev.muster.job.text.NearName;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * A map of the file, read key by key. What is wrong goes to the {@link Problems} and a placeholder
 * comes back, so that reading goes on. The keys asked for are the known ones. Confined to one
 * reader.
 */
final class Section {
  private final String path;
  private final Tree.Fields map;
  private final Problems problems;
  private final Set<String> known = new LinkedHashSet<>();
  private final Set<String> refused = new LinkedHashSet<>();

  Section(String path, Tree.Fields map, Problems problems) {
    this.path = path;
    this.map = map;
    this.problems = problems;
  }

  /** The value of a key that then counts as known; empty where the file does not give it. */
  Optional<Tree> value(String key) {
    known.add(key);
    return Optional.ofNullable(map.fields().get(key)).map(Tree.Field::value);
  }

  /** A map below this one; where the file does not give it, an empty one. */
  Section section(String key) {
    Optional<Tree> value = value(key);
    if (value.isPresent() && value.get() instanceof Tree.Fields fields) {
      return new Section(pathOf(key), fields, problems);
    }
    return value
        .map(
            tree -> {
              expected(key, "a map", tree);
              return new Section(pathOf(key), new Tree.Fields(tree.at(), Map.of()), new Problems());
            })
        .orElseGet(
            () ->
                new Section(
                    pathOf(key), new Tree.Fields(map.at(), new LinkedHashMap<>()), problems));
  }

  /** A string that is not blank and that must be there; {@code what} says what it is. */
  String requiredString(String key, String what) {
    return value(key)
        .map(tree -> filledString(key, what, tree))
        .orElseGet(() -> missing(key, what));
  }

  private String missing(String key, String what) {
    problems.add(map.at(), pathOf(key), "is required: " + what);
    return "";
  }

  private String filledString(String key, String what, Tree tree) {
    if (tree instanceof Tree.Scalar scalar
        && scalar.value() instanceof String text
        && !text.isBlank()) {
      return text;
    }
    expected(key, "a string that is not blank (" + what + ")", tree);
    return "";
  }

  String string(String key, String standard) {
    return value(key)
        .map(tree -> scalar(key, "a string", tree, String.class, standard))
        .orElse(standard);
  }

  boolean flag(String key, boolean standard) {
    return value(key)
        .map(tree -> scalar(key, "true or false", tree, Boolean.class, standard))
        .orElse(standard);
  }

  int integer(String key, int min, int standard) {
    return optionalInteger(key, min, Integer.MAX_VALUE).map(Math::toIntExact).orElse(standard);
  }

  /** An integer between min and max, both included; empty where the file does not give it. */
  Optional<Long> optionalInteger(String key, long min, long max) {
    return value(key).map(tree -> integer(key, min, max, tree));
  }

  private long integer(String key, long min, long max, Tree tree) {
    if (tree instanceof Tree.Scalar scalar && scalar.value() instanceof Long number) {
      if (number >= min && number <= max) {
        return number;
      }
      expected(key, "an integer " + (number < min ? ">= " + min : "<= " + max), tree);
    } else {
      expected(key, "an integer >= " + min, tree);
    }
    return min;
  }

  /** One of the names of a closed choice. */
  <E> E choice(String key, E standard, E[] choices, Function<E, String> name) {
    return value(key)
        .map(
            tree -> {
              for (E choice : choices) {
                if (tree instanceof Tree.Scalar s && s.value().equals(name.apply(choice))) {
                  return choice;
                }
              }
              List<String> names = Arrays.stream(choices).map(name).toList();
              String hint =
                  tree instanceof Tree.Scalar s && s.value() instanceof String text
                      ? NearName.hint(text, names)
                      : "";
              expected(key, "one of " + String.join(", ", names), tree, hint);
              return standard;
            })
        .orElse(standard);
  }

  List<String> strings(String key) {
    Optional<Tree> value = value(key);
    if (value.isEmpty()) {
      return List.of();
    }
    if (!(value.get() instanceof Tree.Items items)) {
      expected(key, "a list of strings", value.get());
      return List.of();
    }
    return Stream.iterate(0, i -> i < items.values().size(), i -> i + 1)
        .map(i -> scalar(key + "[" + i + "]", "a string", items.values().get(i), String.class, ""))
        .toList();
  }

  private <T> T scalar(String key, String what, Tree tree, Class<T> type, T standard) {
    if (tree instanceof Tree.Scalar scalar && type.isInstance(scalar.value())) {
      return type.cast(scalar.value());
    }
    expected(key, what, tree);
    return standard;
  }

  /** Reports that something else was expected, unless the value was reported before. */
  void expected(String key, String what, Tree tree) {
    expected(key, what, tree, "");
  }

  private void expected(String key, String what, Tree tree, String hint) {
    if (!(tree instanceof Tree.Invalid)) {
      problems.add(tree.at(), pathOf(key), "expected " + what + ", found " + tree.found() + hint);
    }
  }

  /** Reports a problem of the value of a key or, where it is missing, of this map. */
  void problem(String key, String message) {
    Tree.Field field = map.fields().get(key);
    problems.add(field == null ? map.at() : field.value().at(), pathOf(key), message);
  }

  /**
   * Refuses the keys that nobody asked for: those not supported yet by name, others as unknown.
   *
   * @return whether there were any
   */
  boolean refuseOthers(String... unsupported) {
    refused.addAll(List.of(unsupported));
    boolean any = false;
    for (Map.Entry<String, Tree.Field> entry : map.fields().entrySet()) {
      String key = entry.getKey();
      if (!known.contains(key)) {
        any = true;
        refuse(key, entry.getValue());
      }
    }
    return any;
  }

  private void refuse(String key, Tree.Field field) {
    if (refused.contains(key)) {
      problems.add(field.keyAt(), pathOf(key), "is not supported yet");
      return;
    }
    String near = NearName.hint(key, Stream.concat(known.stream(), refused.stream()).toList());
    String hint =
        near.isEmpty() && !known.isEmpty() ? "; expected one of " + String.join(", ", known) : near;
    problems.add(field.keyAt(), pathOf(key), "unknown key" + hint);
  }

  /**
   * Refuses a map of which nothing is supported yet: its keys one by one, or the map itself where
   * it has none. Call {@link #refuseOthers} after it, with this key too.
   */
  void refuseMap(String key, String... unsupported) {
    Tree.Field field = map.fields().get(key);
    if (field != null
        && field.value() instanceof Tree.Fields fields
        && !fields.fields().isEmpty()) {
      new Section(pathOf(key), fields, problems).refuseOthers(unsupported);
      map.fields().remove(key);
    }
  }

  /** The map that this section reads. */
  Tree.Fields map() {
    return map;
  }

  String pathOf(String key) {
    return YamlTree.child(path, key);
  }
}
