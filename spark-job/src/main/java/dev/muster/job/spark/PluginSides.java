package dev.muster.job.spark;

import java.util.Map;
import org.apache.spark.SparkContext;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.jspecify.annotations.Nullable;

/**
 * The wire between driver and executors over Spark's own RPC. Made by {@link MusterPlugin}, which
 * Spark makes, where Java is new enough.
 */
final class PluginSides implements SparkPlugin {
  PluginSides() {}

  @Override
  public DriverPlugin driverPlugin() {
    return new DriverSide();
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      private @Nullable ExecutorSide side;

      @Override
      public void init(PluginContext context, Map<String, String> extraConf) {
        side = ExecutorSide.start(context);
      }

      @Override
      public void shutdown() {
        if (side != null) {
          side.close();
        }
      }
    };
  }

  private static final class DriverSide implements DriverPlugin {
    private @Nullable DriverSwitchboard switchboard;

    @Override
    public Map<String, String> init(SparkContext context, PluginContext pluginContext) {
      DriverSwitchboard made =
          new DriverSwitchboard(pluginContext.conf(), pluginContext.metricRegistry());
      context.addSparkListener(new ClusterListener(made));
      DriverSwitchboard.install(made);
      switchboard = made;
      return Map.of();
    }

    @Override
    public @Nullable Object receive(Object message) {
      return switchboard == null ? null : switchboard.receive(message);
    }

    @Override
    public void shutdown() {
      if (switchboard != null) {
        DriverSwitchboard.remove(switchboard);
      }
    }
  }
}
