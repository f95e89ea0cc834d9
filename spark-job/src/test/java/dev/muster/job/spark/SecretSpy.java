package dev.muster.job.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskStart;

/**
 * Notes the secrets of a run in the file {@code spark.test.tell}, in hexadecimal, a line each: of
 * each generation, and the one that Spark made for its own authentication. From within the driver,
 * by reflection: production code tells nobody.
 */
public final class SecretSpy extends SparkListener {
  static final String FILE = "spark.test.tell";

  private final Path file;

  public SecretSpy(SparkConf conf) {
    file = Path.of(conf.get(FILE));
  }

  @Override
  public void onTaskStart(SparkListenerTaskStart event) {
    String sparks = SparkEnv.get().securityManager().getSecretKey();
    if (sparks != null) {
      note(sparks.getBytes(StandardCharsets.UTF_8));
    }
    DriverSwitchboard.current()
        .ifPresent(switchboard -> switchboard.gangs().forEach(gang -> note(secretOf(gang))));
  }

  private static byte[] secretOf(Gang gang) {
    try {
      Field plan = Gang.class.getDeclaredField("plan");
      plan.setAccessible(true);
      return ((GangPlan) plan.get(gang)).secret().bytes();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private synchronized void note(byte[] secret) {
    try {
      Files.writeString(
          file,
          HexFormat.of().formatHex(secret) + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
