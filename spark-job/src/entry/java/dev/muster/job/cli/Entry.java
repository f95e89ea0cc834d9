package dev.muster.job.cli;

import dev.muster.job.spark.JavaVersion;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.util.function.Function;

/**
 * What the job jar starts with. Loads on Java 8: there it says what to set and ends with exit code
 * 2; elsewhere it calls {@code Main}.
 */
public final class Entry {
  private static final String MAIN = "dev.muster.job.cli.Main";
  private static final int SETUP = 2;

  private Entry() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] arguments) throws Throwable {
    if (refuses(System::getProperty, System.err)) {
      end();
      return;
    }
    Class<?> main = Class.forName(MAIN, true, Entry.class.getClassLoader());
    try {
      main.getMethod("main", String[].class).invoke(null, (Object) arguments);
    } catch (InvocationTargetException e) { // what Main threw is an answer to Spark
      throw e.getCause() == null ? e : e.getCause();
    }
  }

  /** Whether Java is too old, which it then says. */
  static boolean refuses(Function<String, String> properties, PrintStream err) {
    String version = properties.apply("java.specification.version");
    if (version == null || !JavaVersion.isTooOld(version)) {
      return false;
    }
    err.println("muster: " + JavaVersion.ofDriver(properties));
    return true;
  }

  /** YARN's application master takes an exception for the exit code, and an exit for a crash. */
  private static void end() throws Throwable {
    if (System.getProperty("spark.master", "").startsWith("yarn")
        && System.getProperty("spark.submit.deployMode", "client").equals("cluster")) {
      throw (Throwable)
          Class.forName("org.apache.spark.SparkUserAppException")
              .getConstructor(int.class)
              .newInstance(SETUP);
    }
    System.exit(SETUP);
  }
}
