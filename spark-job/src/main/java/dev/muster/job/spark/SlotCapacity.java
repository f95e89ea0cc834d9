package dev.muster.job.spark;

import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;

/** How many slots a cluster can ever have for this application, as far as its settings tell. */
final class SlotCapacity {
  private static final Pattern LOCAL = Pattern.compile("local(?:\\[(\\d+|\\*)(?:,\\d+)?])?");
  private static final Pattern LOCAL_CLUSTER =
      Pattern.compile("local-cluster\\[\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,.*]");

  private SlotCapacity() {}

  /**
   * Refuses a plan that can never run.
   *
   * @throws JobException with what was needed, what the settings allow, and what to change
   */
  static void check(SparkConf conf, int slots) throws JobException {
    OptionalInt most;
    try {
      most = most(conf);
    } catch (NumberFormatException e) { // Spark's message names the key
      throw new JobException(
          JobExit.SETUP,
          "Cannot tell how many slots Spark's settings allow: expected a whole number: "
              + e.getMessage(),
          e);
    }
    if (most.isPresent() && most.getAsInt() < slots) {
      throw new JobException(
          JobExit.SETUP,
          "Cannot train on %d slots: %s allows %d at most; lower resources.slots_per_trial, or %s"
              .formatted(slots, what(conf), most.getAsInt(), cure(conf, slots)));
    }
  }

  private static OptionalInt most(SparkConf conf) {
    String master = conf.get("spark.master", "");
    int taskCpus = conf.getInt("spark.task.cpus", 1);
    Matcher local = LOCAL.matcher(master);
    if (local.matches()) {
      return OptionalInt.of(localCores(local.group(1)) / taskCpus);
    }
    Matcher localCluster = LOCAL_CLUSTER.matcher(master);
    if (localCluster.matches()) {
      int workers = Integer.parseInt(localCluster.group(1));
      int cores = Integer.parseInt(localCluster.group(2));
      int each = Math.min(cores, conf.getInt("spark.executor.cores", cores)) / taskCpus;
      return OptionalInt.of(limited(conf, workers * each, each));
    }
    int each = conf.getInt("spark.executor.cores", isStandalone(master) ? 0 : 1) / taskCpus;
    if (each > 0 && isDynamic(conf)) {
      int executors = conf.getInt("spark.dynamicAllocation.maxExecutors", Integer.MAX_VALUE);
      return executors == Integer.MAX_VALUE
          ? OptionalInt.empty()
          : OptionalInt.of(executors * each);
    }
    if (isStandalone(master)) {
      return conf.contains("spark.cores.max")
          ? OptionalInt.of(conf.getInt("spark.cores.max", 0) / taskCpus)
          : OptionalInt.empty();
    }
    return each > 0 && conf.contains("spark.executor.instances")
        ? OptionalInt.of(conf.getInt("spark.executor.instances", 0) * each)
        : OptionalInt.empty();
  }

  private static int limited(SparkConf conf, int all, int each) {
    return isDynamic(conf)
        ? (int)
            Math.min(
                all,
                (long) conf.getInt("spark.dynamicAllocation.maxExecutors", all) * Math.max(1, each))
        : all;
  }

  private static int localCores(@org.jspecify.annotations.Nullable String cores) {
    if (cores == null) {
      return 1;
    }
    return cores.equals("*") ? Runtime.getRuntime().availableProcessors() : Integer.parseInt(cores);
  }

  static boolean isDynamic(SparkConf conf) {
    return conf.getBoolean("spark.dynamicAllocation.enabled", false);
  }

  static boolean isStandalone(String master) {
    return master.startsWith("spark://");
  }

  private static String what(SparkConf conf) {
    String master = conf.get("spark.master", "");
    return isDynamic(conf)
        ? "master "
            + master
            + " with spark.dynamicAllocation.maxExecutors="
            + conf.get("spark.dynamicAllocation.maxExecutors", "unlimited")
        : "master " + master + executors(conf);
  }

  private static String executors(SparkConf conf) {
    StringBuilder text = new StringBuilder();
    for (String key :
        new String[] {
          "spark.executor.instances", "spark.executor.cores", "spark.cores.max", "spark.task.cpus"
        }) {
      if (conf.contains(key)) {
        text.append(text.length() == 0 ? " with " : ", ")
            .append(key)
            .append('=')
            .append(conf.get(key));
      }
    }
    return text.toString();
  }

  private static String cure(SparkConf conf, int slots) {
    String master = conf.get("spark.master", "");
    int cpus = conf.getInt("spark.task.cpus", 1);
    if (LOCAL.matcher(master).matches()) {
      return "submit with --master 'local[" + slots * cpus + "]'";
    }
    Matcher localCluster = LOCAL_CLUSTER.matcher(master);
    if (localCluster.matches() && !isDynamic(conf)) {
      int each = Math.max(1, Integer.parseInt(localCluster.group(2)) / cpus);
      return "submit with more workers or cores, e.g. --master 'local-cluster["
          + ceil(slots, each)
          + ","
          + each * cpus
          + ",1024]'";
    }
    if (isStandalone(master) && !isDynamic(conf)) {
      return "raise spark.cores.max to " + slots * cpus;
    }
    int each = Math.max(1, conf.getInt("spark.executor.cores", 1) / cpus);
    return "raise "
        + (isDynamic(conf) ? "spark.dynamicAllocation.maxExecutors" : "spark.executor.instances")
        + " to "
        + ceil(slots, each);
  }

  private static int ceil(int slots, int each) {
    return (slots + each - 1) / each;
  }
}
