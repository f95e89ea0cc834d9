package dev.muster.job.config;

import java.util.Locale;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Which plain scalars are not strings: the core schema of YAML 1.2. YAML 1.1, the library's
 * default, would silently read {@code off} as false, {@code 1:30} as 90 and {@code 010} as 8.
 */
final class ScalarRules extends Resolver {
  private static final Pattern BOOLEAN = Pattern.compile("true|True|TRUE|false|False|FALSE");
  private static final Pattern NOTHING = Pattern.compile("~|null|Null|NULL|");
  private static final Pattern INTEGER = Pattern.compile("[-+]?(0|[1-9][0-9]*)");
  private static final Pattern NUMBER =
      Pattern.compile(
          "[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?"
              + "|[-+]?\\.(inf|Inf|INF)|\\.(nan|NaN|NAN)");
  private static final Pattern ZERO_FIRST = Pattern.compile("[-+]?0[0-9]+");

  @Override
  protected void addImplicitResolvers() {
    addImplicitResolver(Tag.BOOL, BOOLEAN, "tTfF");
    addImplicitResolver(Tag.NULL, NOTHING, "~nN\0");
    addImplicitResolver(Tag.STR, ZERO_FIRST, "-+0");
    addImplicitResolver(Tag.INT, INTEGER, "-+0123456789");
    addImplicitResolver(Tag.FLOAT, NUMBER, "-+0123456789.");
  }

  /** The value of a scalar that {@link Tag#BOOL} was given to. */
  static boolean truth(String text) {
    if (!BOOLEAN.matcher(text).matches()) {
      throw new IllegalArgumentException("Cannot read a boolean: found '" + text + "'");
    }
    return text.equalsIgnoreCase("true");
  }

  /** The value of a scalar that {@link Tag#FLOAT} was given to. */
  static double number(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    if (lower.endsWith(".inf")) {
      return lower.startsWith("-") ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    return lower.equals(".nan") ? Double.NaN : Double.parseDouble(text);
  }
}
