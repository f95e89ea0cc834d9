package dev.muster.job.checkpoint;

import java.nio.charset.StandardCharsets;

/**
 * The rule for file names below an experiment directory: parts joined by {@code /} that every file
 * system takes and that cannot lead out of the directory.
 */
final class RelativePath {
  private static final int MAX_PART_BYTES = 255;
  private static final int MAX_BYTES = 4000;

  private RelativePath() {}

  /**
   * Returns the path unchanged.
   *
   * @throws IllegalArgumentException when it breaks the rule; the message says how
   */
  static String check(String path) {
    if (path.isEmpty()) {
      throw refused(path, "it is empty");
    }
    if (path.getBytes(StandardCharsets.UTF_8).length > MAX_BYTES) {
      throw refused(path, "it is longer than " + MAX_BYTES + " bytes");
    }
    for (String part : path.split("/", -1)) {
      checkPart(path, part);
    }
    return path;
  }

  /** The rule for one name: as {@link #check} and without {@code /}. */
  static String checkName(String name) {
    if (name.indexOf('/') >= 0) {
      throw refused(name, "it has a '/' in it");
    }
    return check(name);
  }

  /** Joins two checked paths; the first may be empty. */
  static String join(String directory, String path) {
    return directory.isEmpty() ? path : directory + "/" + path;
  }

  private static void checkPart(String path, String part) {
    if (part.isEmpty()) {
      throw refused(path, "it has an empty part (is it absolute, or has a doubled '/'?)");
    }
    if (part.equals(".") || part.equals("..")) {
      throw refused(path, "it has the part '" + part + "'");
    }
    if (part.getBytes(StandardCharsets.UTF_8).length > MAX_PART_BYTES) {
      throw refused(path, "it has a part longer than " + MAX_PART_BYTES + " bytes");
    }
    for (int i = 0; i < part.length(); i++) {
      char c = part.charAt(i);
      if (c == ':' || c == '\\' || Character.isISOControl(c)) {
        throw refused(
            path,
            String.format(
                "it has the character U+%04X, which not every file system takes", (int) c));
      }
    }
  }

  private static IllegalArgumentException refused(String path, String fact) {
    return new IllegalArgumentException("Cannot use the file name '" + path + "': " + fact);
  }
}
