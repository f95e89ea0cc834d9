package dev.muster.testkit;

import dev.muster.trial.TrialException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;

/** The text of a CSV file. Confined to one call. */
final class CsvText {
  private static final Pattern INTEGER = Pattern.compile("[+-]?\\d{1,18}");
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");
  private static final Pattern TRUTH = Pattern.compile("true|false");

  private final String text;
  private int at;

  private CsvText(String text) {
    this.text = text;
  }

  static List<Map<String, Object>> rows(String text, String file) {
    List<List<String>> lines = new CsvText(text).lines();
    List<String> names = lines.isEmpty() ? List.of() : lines.get(0);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int line = 1; line < lines.size(); line++) {
      if (lines.get(line).size() != names.size()) {
        throw new TrialException(
            "Cannot read record %d of %s: expected %d values as in its header, found %d"
                .formatted(line - 1, file, names.size(), lines.get(line).size()));
      }
      rows.add(new LinkedHashMap<>());
    }
    for (int column = 0; column < names.size(); column++) {
      List<String> values = new ArrayList<>();
      for (List<String> line : lines.subList(1, lines.size())) {
        values.add(line.get(column));
      }
      Function<String, Object> type = type(values);
      for (int row = 0; row < rows.size(); row++) {
        if (!values.get(row).isEmpty()) {
          rows.get(row).put(names.get(column), type.apply(values.get(row)));
        }
      }
    }
    return rows;
  }

  private static Function<String, Object> type(List<String> values) {
    List<String> given = values.stream().filter(value -> !value.isEmpty()).toList();
    if (all(given, INTEGER)) {
      return Long::valueOf;
    } else if (all(given, NUMBER)) {
      return Double::valueOf;
    }
    return all(given, TRUTH) ? Boolean::valueOf : value -> value;
  }

  private static boolean all(List<String> values, Pattern pattern) {
    return values.stream().allMatch(value -> pattern.matcher(value).matches());
  }

  /** The values of all lines that are not empty. */
  private List<List<String>> lines() {
    List<List<String>> lines = new ArrayList<>();
    while (at < text.length()) {
      List<String> line = line();
      if (line.size() > 1 || !line.get(0).isEmpty()) {
        lines.add(line);
      }
    }
    return lines;
  }

  private List<String> line() {
    List<String> values = new ArrayList<>();
    values.add(value());
    while (at < text.length() && text.charAt(at) == ',') {
      at++;
      values.add(value());
    }
    if (at < text.length() && text.charAt(at) == '\r') {
      at++;
    }
    if (at < text.length() && text.charAt(at) == '\n') {
      at++;
    }
    return values;
  }

  private String value() {
    StringBuilder value = new StringBuilder();
    boolean quoted = false;
    for (; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '"') {
        boolean twice = quoted && at + 1 < text.length() && text.charAt(at + 1) == '"';
        if (twice) {
          value.append(c);
          at++;
        } else {
          quoted = !quoted;
        }
      } else if (!quoted && (c == ',' || c == '\n' || c == '\r')) {
        break;
      } else {
        value.append(c);
      }
    }
    return value.toString();
  }
}
