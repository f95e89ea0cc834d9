package dev.muster.job.spark;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads from why an executor was lost that its Java is older than the driver's. */
final class OldJava {
  /** As {@link MusterPlugin} says it, whatever Spark writes around it. */
  private static final Pattern SAID =
      Pattern.compile("Cannot use executor \\S+: Java is .*?" + JavaVersion.EXPECTED);

  /** As a JVM says it of a class of the user's, or of Spark 4's own. */
  private static final Pattern CLASS_FILE =
      Pattern.compile("UnsupportedClassVersionError.*?class file versions up to (\\d+)");

  private static final int CLASS_FILE_OF_JAVA_0 = 44;

  private OldJava() {}

  /** The sentence for the user; empty if it was lost for another reason. */
  static Optional<String> in(String reason) {
    Matcher said = SAID.matcher(reason);
    if (said.find()) {
      return Optional.of(said.group());
    }
    Matcher classFile = CLASS_FILE.matcher(reason);
    return classFile.find()
        ? Optional.of(
            "Cannot use an executor: Java is %d, %s"
                .formatted(
                    Integer.parseInt(classFile.group(1)) - CLASS_FILE_OF_JAVA_0,
                    JavaVersion.EXPECTED))
        : Optional.empty();
  }
}
