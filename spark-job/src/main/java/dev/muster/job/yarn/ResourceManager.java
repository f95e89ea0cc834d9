package dev.muster.job.yarn;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.hadoop.security.UserGroupInformation;
import org.apache.hadoop.yarn.api.records.NodeReport;
import org.apache.hadoop.yarn.api.records.NodeState;
import org.apache.hadoop.yarn.api.records.QueueInfo;
import org.apache.hadoop.yarn.api.records.Resource;
import org.apache.hadoop.yarn.client.api.YarnClient;
import org.apache.hadoop.yarn.conf.YarnConfiguration;
import org.apache.hadoop.yarn.exceptions.YarnException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the ResourceManager, or else reads the configuration. */
public final class ResourceManager {
  private static final Logger LOG = LoggerFactory.getLogger(ResourceManager.class);

  private ResourceManager() {}

  /**
   * The cluster's limits, as the ResourceManager says, or as the configuration does where it does
   * not answer in time.
   *
   * @param properties what the user set for Hadoop
   */
  public static YarnLimits limits(Map<String, String> properties, Duration patience)
      throws InterruptedException {
    YarnConfiguration conf = configuration(properties);
    if (!mayAsk()) {
      return ofConfiguration(conf, "no ticket to ask the ResourceManager with");
    }
    // A client that waits 15 minutes for a ResourceManager is of no use to people who wait for it.
    conf.setLong(YarnConfiguration.RESOURCEMANAGER_CONNECT_MAX_WAIT_MS, patience.toMillis());
    conf.setLong(YarnConfiguration.RESOURCEMANAGER_CONNECT_RETRY_INTERVAL_MS, 500);
    ExecutorService thread =
        Executors.newSingleThreadExecutor(
            work -> {
              Thread made = new Thread(work, "muster-yarn");
              made.setDaemon(true);
              return made;
            });
    Future<YarnLimits> answer = thread.submit(() -> ask(conf));
    try {
      return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      LOG.debug("The ResourceManager did not answer", e);
      return ofConfiguration(conf, String.valueOf(e.getCause()).lines().findFirst().orElse(""));
    } catch (TimeoutException e) {
      return ofConfiguration(conf, "no answer within " + patience.toSeconds() + " s");
    } finally {
      thread.shutdownNow();
    }
  }

  /**
   * Whether the cluster gathers the logs of an application that has ended.
   *
   * @param properties what the user set for Hadoop
   */
  public static boolean aggregatesLogs(Map<String, String> properties) {
    return configuration(properties).getBoolean(YarnConfiguration.LOG_AGGREGATION_ENABLED, false);
  }

  private static YarnConfiguration configuration(Map<String, String> properties) {
    YarnConfiguration conf = new YarnConfiguration();
    properties.forEach(conf::set);
    return conf;
  }

  /** In YARN's cluster mode a secured driver has tokens of its storage alone. */
  private static boolean mayAsk() {
    try {
      return !UserGroupInformation.isSecurityEnabled()
          || UserGroupInformation.getCurrentUser().hasKerberosCredentials();
    } catch (IOException e) {
      LOG.debug("Cannot tell who the current user is", e);
      return false;
    }
  }

  private static YarnLimits ask(YarnConfiguration conf) throws IOException, YarnException {
    try (YarnClient client = YarnClient.createYarnClient()) {
      client.init(conf);
      client.start();
      Resource most =
          client.createApplication().getNewApplicationResponse().getMaximumResourceCapability();
      List<Long> nodes = new ArrayList<>();
      for (NodeReport node : client.getNodeReports(NodeState.RUNNING)) {
        nodes.add(node.getCapability().getMemorySize());
      }
      List<String> queues =
          client.getAllQueues().stream().map(QueueInfo::getQueueName).sorted().toList();
      return new YarnLimits(
          "the ResourceManager", most.getMemorySize(), most.getVirtualCores(), nodes, queues);
    }
  }

  private static YarnLimits ofConfiguration(YarnConfiguration conf, String whyNotAsked) {
    return new YarnLimits(
        "the configuration (" + whyNotAsked + ")",
        conf.getLong(
            YarnConfiguration.RM_SCHEDULER_MAXIMUM_ALLOCATION_MB,
            YarnConfiguration.DEFAULT_RM_SCHEDULER_MAXIMUM_ALLOCATION_MB),
        conf.getInt(
            YarnConfiguration.RM_SCHEDULER_MAXIMUM_ALLOCATION_VCORES,
            YarnConfiguration.DEFAULT_RM_SCHEDULER_MAXIMUM_ALLOCATION_VCORES),
        List.of(),
        List.of());
  }
}
