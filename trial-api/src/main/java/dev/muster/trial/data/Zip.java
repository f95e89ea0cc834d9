package dev.muster.trial.data;

import dev.muster.trial.TrialException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Puts two data sets side by side. */
final class Zip {
  private Zip() {}

  static Dataset of(Dataset one, Dataset other) {
    for (Dataset part : List.of(one, other)) {
      refuse(part);
    }
    Set<String> names = one.columns().stream().map(Column::name).collect(Collectors.toSet());
    for (Column column : other.columns()) {
      if (names.contains(column.name())) {
        throw new TrialException(
            "Cannot zip data sets '"
                + one.description()
                + "' and '"
                + other.description()
                + "': both have a column '"
                + column.name()
                + "'; rename it in one of the sources");
      }
    }
    List<Column> columns = new ArrayList<>(one.columns());
    columns.addAll(other.columns());
    return Dataset.zipped(
        one.description() + " and " + other.description(), source(one, other), columns);
  }

  private static void refuse(Dataset part) {
    String why =
        part.columns().isEmpty()
            ? "it declares no columns; call feature() and label() on it before zip()"
            : part.isWrapped()
                ? "it is wrapped; call wrapDataset() on the result of zip()"
                : part.pipeline() != Pipeline.NONE
                    ? "a call of its pipeline came before; call it on the result of zip()"
                    : "";
    if (!why.isEmpty()) {
      throw new TrialException("Cannot zip data set '" + part.description() + "': " + why);
    }
  }

  private static Source source(Dataset one, Dataset other) {
    return one.source() instanceof MemorySource rows && other.source() instanceof MemorySource more
        ? MemorySource.of(inMemory(one, rows.rows(), other, more.rows()))
        : new ZippedSource(one.source(), names(one), other.source(), names(other));
  }

  private static List<Map<String, @Nullable Object>> inMemory(
      Dataset one,
      List<Map<String, @Nullable Object>> rows,
      Dataset other,
      List<Map<String, @Nullable Object>> more) {
    List<Map<String, @Nullable Object>> zipped = new ArrayList<>();
    for (int i = 0; i < Math.min(rows.size(), more.size()); i++) {
      Map<String, @Nullable Object> row = new LinkedHashMap<>();
      Map<String, @Nullable Object> left = rows.get(i);
      Map<String, @Nullable Object> right = more.get(i);
      names(one).forEach(name -> row.put(name, left.get(name)));
      names(other).forEach(name -> row.put(name, right.get(name)));
      zipped.add(row);
    }
    return zipped;
  }

  private static List<String> names(Dataset dataset) {
    return dataset.columns().stream().map(Column::name).toList();
  }
}
