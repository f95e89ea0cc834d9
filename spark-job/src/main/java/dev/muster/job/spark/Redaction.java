package dev.muster.job.spark;

import java.util.regex.Pattern;
import org.apache.spark.SparkConf;

/** Hides what Spark would hide: by its own setting, the name or the value of a setting. */
final class Redaction {
  static final String REDACTED = "*********(redacted)";

  private static final String KEY = "spark.redaction.regex";
  private static final String DEFAULT = "(?i)secret|password|token|access[.]?key"; // Spark's

  private Redaction() {}

  /** The setting as it may be printed. */
  static SparkSettings.Setting of(SparkConf conf, SparkSettings.Setting setting) {
    return new SparkSettings.Setting(
        setting.key(), of(conf, setting.key(), setting.value()), setting.why());
  }

  /** The value, or what stands for it where the name or the value looks like a secret. */
  static String of(SparkConf conf, String name, String value) {
    Pattern secret = Pattern.compile(conf.get(KEY, DEFAULT));
    return secret.matcher(name).find() || secret.matcher(value).find() ? REDACTED : value;
  }
}
