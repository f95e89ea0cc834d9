package dev.muster.job.spark;

import java.util.Map;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;

/**
 * What {@code spark.plugins} names, appended there by {@code SparkSettings}. Loads on Java 8, so
 * that an executor with an old Java says so: Spark sends the message to the driver as the reason
 * why the executor was lost. All else is in {@code PluginSides}.
 */
public final class MusterPlugin implements SparkPlugin {
  private static final String SIDES = "dev.muster.job.spark.PluginSides";

  /** Called by Spark. */
  public MusterPlugin() {}

  @Override
  public DriverPlugin driverPlugin() {
    return sides().driverPlugin();
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return JavaVersion.isTooOld(System.getProperty("java.specification.version"))
        ? new Refusal()
        : sides().executorPlugin();
  }

  private static SparkPlugin sides() {
    try {
      return (SparkPlugin) Class.forName(SIDES).getDeclaredConstructor().newInstance();
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("Cannot make " + SIDES + ": " + e, e);
    }
  }

  /** Thrown from here, an exception ends the executor with its message; an error would not. */
  private static final class Refusal implements ExecutorPlugin {
    @Override
    public void init(PluginContext context, Map<String, String> extraConf) {
      throw new IllegalStateException(
          JavaVersion.ofExecutor(context.executorID(), System::getProperty));
    }
  }
}
