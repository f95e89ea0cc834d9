package dev.muster.job.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;

/**
 * YAML text into a {@link Tree}; the only class that reads with the YAML library. No object is ever
 * constructed from a tag: nodes are read as they are, and an unknown tag is a problem.
 */
final class YamlTree {
  private final Problems problems;
  private final Function<@Nullable Mark, Location> locations;
  private final Set<Node> open = Collections.newSetFromMap(new IdentityHashMap<>());

  private YamlTree(Problems problems, Function<@Nullable Mark, Location> locations) {
    this.problems = problems;
    this.locations = locations;
  }

  /** The experiment file's tree. */
  static Tree ofFile(String yaml, String file, Problems problems) {
    return new YamlTree(
            problems,
            mark ->
                mark == null
                    ? new Location.InFile(file, 1, 1)
                    : new Location.InFile(file, mark.getLine() + 1, mark.getColumn() + 1))
        .read(yaml, "");
  }

  /** The tree of a {@code --config KEY=VALUE}'s value. */
  static Tree ofOverride(String yaml, String key, Problems problems) {
    Location at = new Location.OnCommandLine(key);
    return new YamlTree(problems, mark -> at).read(yaml, key);
  }

  private Tree read(String yaml, String path) {
    try {
      LoaderOptions options = new LoaderOptions();
      Node root =
          new Composer(new ParserImpl(new StreamReader(yaml), options), new ScalarRules(), options)
              .getSingleNode();
      return root == null ? new Tree.Nothing(locations.apply(null)) : tree(root, path);
    } catch (MarkedYAMLException e) {
      String context = e.getContext() == null ? "" : e.getContext() + ": ";
      return invalid(locations.apply(e.getProblemMark()), path, context + e.getProblem());
    } catch (YAMLException e) {
      return invalid(locations.apply(null), path, String.valueOf(e.getMessage()));
    }
  }

  private Tree invalid(Location at, String path, String why) {
    problems.add(at, path, "expected YAML, found an error: " + why);
    return new Tree.Invalid(at);
  }

  private Tree tree(Node node, String path) {
    Location at = locations.apply(node.getStartMark());
    if (!open.add(node)) {
      return refuse(
          at, path, "expected a value, found an alias of a map or list that it stands in");
    }
    try {
      if (node instanceof ScalarNode scalar) {
        return scalar(scalar, at, path);
      }
      if (node instanceof SequenceNode sequence && node.getTag().equals(Tag.SEQ)) {
        return items(sequence, at, path);
      }
      if (node instanceof MappingNode mapping && node.getTag().equals(Tag.MAP)) {
        return fields(mapping, at, path);
      }
      return unknownTag(node, at, path);
    } finally {
      open.remove(node);
    }
  }

  private Tree refuse(Location at, String path, String message) {
    problems.add(at, path, message);
    return new Tree.Invalid(at);
  }

  private Tree unknownTag(Node node, Location at, String path) {
    return refuse(at, path, "expected a plain value, found the tag " + node.getTag().getValue());
  }

  private Tree scalar(ScalarNode node, Location at, String path) {
    Tag tag = node.getTag();
    String text = node.getValue();
    try {
      if (tag.equals(Tag.STR)) {
        return new Tree.Scalar(at, text);
      }
      if (tag.equals(Tag.NULL)) {
        return new Tree.Nothing(at);
      }
      if (tag.equals(Tag.BOOL)) {
        return new Tree.Scalar(at, ScalarRules.truth(text));
      }
      if (tag.equals(Tag.INT)) {
        return new Tree.Scalar(at, Long.parseLong(text));
      }
      if (tag.equals(Tag.FLOAT)) {
        return new Tree.Scalar(at, ScalarRules.number(text));
      }
    } catch (IllegalArgumentException e) {
      String kind = tag.equals(Tag.INT) ? "an integer of 64 bits" : "a value of its tag";
      return refuse(at, path, "expected " + kind + ", found " + text);
    }
    return unknownTag(node, at, path);
  }

  private Tree items(SequenceNode node, Location at, String path) {
    List<Tree> values = new ArrayList<>();
    for (Node value : node.getValue()) {
      values.add(tree(value, path + "[" + values.size() + "]"));
    }
    return new Tree.Items(at, values);
  }

  private Tree fields(MappingNode node, Location at, String path) {
    Map<String, Tree.Field> fields = new LinkedHashMap<>();
    for (NodeTuple tuple : node.getValue()) {
      Location keyAt = locations.apply(tuple.getKeyNode().getStartMark());
      if (!(tree(tuple.getKeyNode(), path) instanceof Tree.Scalar scalar)
          || !(scalar.value() instanceof String key)) {
        String found =
            tuple.getKeyNode() instanceof ScalarNode s ? "'" + s.getValue() + "'" : "a map or list";
        problems.add(
            keyAt, path, "expected a string as key, found " + found + "; put it in quotes");
        continue;
      }
      String keyPath = child(path, key);
      Tree value = tree(tuple.getValueNode(), keyPath);
      if (key.equals("<<")) {
        problems.add(keyAt, keyPath, "expected a key, found a merge key, which YAML 1.2 has not");
      } else if (fields.containsKey(key)) {
        problems.add(keyAt, keyPath, "expected each key once, found it again");
      } else {
        fields.put(key, new Tree.Field(keyAt, value));
      }
    }
    return new Tree.Fields(at, fields);
  }

  static String child(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }
}
