package dev.muster.job.text;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Finds the names that a misspelt one may have been meant to be. */
public final class NearName {
  private static final int MAX_NAMES = 3;

  private record Candidate(String name, int distance) {}

  private NearName() {}

  /**
   * {@code "; did you mean X or Y?"}, the nearest first, or nothing where no candidate is near: at
   * most one letter in three differs, whatever the case, underscores and hyphens.
   */
  public static String hint(String name, Collection<String> candidates) {
    int limit = Math.max(1, name.length() / 3);
    List<String> near =
        candidates.stream()
            .distinct()
            .map(other -> new Candidate(other, distance(simple(name), simple(other))))
            .filter(candidate -> candidate.distance <= limit)
            .sorted(Comparator.comparingInt(Candidate::distance)) // stable
            .limit(MAX_NAMES)
            .map(Candidate::name)
            .toList();
    return near.isEmpty() ? "" : "; did you mean " + String.join(" or ", near) + "?";
  }

  private static String simple(String name) {
    return name.toLowerCase(Locale.ROOT).replace("_", "").replace("-", "");
  }

  /** The edit distance, where a swap of two neighbours is one edit. */
  private static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int replace = d[i - 1][j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        d[i][j] = Math.min(replace, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
