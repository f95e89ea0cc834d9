package dev.muster.job.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.SparkConf;

/** How many slots a cluster can ever have for this application, as far as its settings tell. */
final class SlotCapacity {
  private static final Pattern LOCAL = Pattern.compile("local(?:\\[(\\d+|\\*)(?:,\\d+)?])?");

  /** Workers, then the cores of each. */
  static final Pattern LOCAL_CLUSTER =
      Pattern.compile("local-cluster\\[\\s*(\\d+)\\s*,\\s*(\\d+)\\s*,.*]");

  private SlotCapacity() {}

  /** What was found: a line that says that there is room, or all that stands in the way. */
  static List<Finding> findings(SparkConf conf, int slots) {
    try {
      List<Finding> findings = new ArrayList<>();
      taskCpus(conf).ifPresent(findings::add);
      OptionalInt most = most(conf);
      if (most.isPresent() && most.getAsInt() < slots) {
        findings.add(
            problem(
                "Cannot train on %d slots: %s allows %d at most; lower resources.slots_per_trial, or %s"
                    .formatted(slots, what(conf), most.getAsInt(), cure(conf, slots))));
      }
      coresMax(conf, slots).ifPresent(findings::add);
      if (findings.isEmpty()) {
        findings.add(
            Finding.fine(
                "slots",
                "%d, and the settings allow %s"
                    .formatted(
                        slots, most.isPresent() ? most.getAsInt() : "as many as the cluster has")));
      }
      return findings;
    } catch (NumberFormatException e) { // Spark's message names the key
      return List.of(
          problem(
              "Cannot tell how many slots Spark's settings allow: expected a whole number: "
                  + e.getMessage()));
    }
  }

  private static Finding problem(String text) {
    return Finding.problem("slots", text);
  }

  /** A slot is a task: it needs that many cores of one executor. */
  private static Optional<Finding> taskCpus(SparkConf conf) {
    int cpus = conf.getInt("spark.task.cpus", 1);
    int cores = conf.getInt("spark.executor.cores", cpus);
    return cores >= cpus || Master.isLocal(conf)
        ? Optional.empty()
        : Optional.of(
            problem(
                "Cannot start a slot: spark.task.cpus=%d is more than spark.executor.cores=%d; raise spark.executor.cores to %d or a multiple, or lower spark.task.cpus"
                    .formatted(cpus, cores, cpus)));
  }

  /** A standalone cluster's limit holds beside that of dynamic allocation. */
  private static Optional<Finding> coresMax(SparkConf conf, int slots) {
    boolean limited =
        Master.isStandalone(conf) && isDynamic(conf) && conf.contains("spark.cores.max");
    int cpus = conf.getInt("spark.task.cpus", 1);
    int most = limited ? conf.getInt("spark.cores.max", 0) / cpus : slots;
    return most >= slots
        ? Optional.empty()
        : Optional.of(
            problem(
                "Cannot train on %d slots: spark.cores.max=%s allows %d at most; lower resources.slots_per_trial, or raise spark.cores.max to %d"
                    .formatted(slots, conf.get("spark.cores.max"), most, slots * cpus)));
  }

  private static OptionalInt most(SparkConf conf) {
    String master = Master.of(conf);
    int taskCpus = conf.getInt("spark.task.cpus", 1);
    Matcher local = LOCAL.matcher(master);
    if (local.matches()) {
      return OptionalInt.of(localCores(local.group(1)) / taskCpus);
    }
    Matcher localCluster = LOCAL_CLUSTER.matcher(master);
    if (localCluster.matches()) {
      int workers = Integer.parseInt(localCluster.group(1));
      int cores = Integer.parseInt(localCluster.group(2));
      int each =
          GpuPlan.slots(
              conf, Math.min(cores, conf.getInt("spark.executor.cores", cores)) / taskCpus);
      return OptionalInt.of(limited(conf, workers * each, each));
    }
    int each =
        GpuPlan.slots(
            conf,
            conf.getInt("spark.executor.cores", Master.isStandalone(conf) ? 0 : 1) / taskCpus);
    if (each > 0 && isDynamic(conf)) {
      int executors = conf.getInt("spark.dynamicAllocation.maxExecutors", Integer.MAX_VALUE);
      return executors == Integer.MAX_VALUE
          ? OptionalInt.empty()
          : OptionalInt.of(executors * each);
    }
    if (Master.isStandalone(conf)) {
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

  /** How many slots an executor has whose cores are set: as many as its cores and GPUs allow. */
  static int perExecutor(SparkConf conf) {
    int byCores = conf.getInt("spark.executor.cores", 1) / conf.getInt("spark.task.cpus", 1);
    return Math.max(1, GpuPlan.slots(conf, byCores));
  }

  static boolean isDynamic(SparkConf conf) {
    return conf.getBoolean("spark.dynamicAllocation.enabled", false);
  }

  private static String what(SparkConf conf) {
    String master = Master.of(conf);
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
    String master = Master.of(conf);
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
    if (Master.isStandalone(conf) && !isDynamic(conf)) {
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
