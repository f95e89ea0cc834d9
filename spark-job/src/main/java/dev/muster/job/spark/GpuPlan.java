package dev.muster.job.spark;

import dev.muster.job.spark.SparkSettings.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import org.apache.spark.SparkConf;

/**
 * How slots get their GPUs: by Spark's settings, or, where dynamic allocation is on and the user
 * set no amounts, by a resource profile of the legs alone ({@link SlotResources}).
 */
final class GpuPlan {
  static final String TASK_AMOUNT = "spark.task.resource.gpu.amount";
  static final String EXECUTOR_AMOUNT = "spark.executor.resource.gpu.amount";
  static final String SCRIPT = "spark.executor.resource.gpu.discoveryScript";
  static final String VENDOR = "spark.executor.resource.gpu.vendor";

  /** Tells the context's own side that the legs have a profile. */
  static final String PROFILE = "spark.muster.gpu.profile";

  /** What the legs' profile takes from {@link #SCRIPT}, which Spark refuses without an amount. */
  static final String PROFILE_SCRIPT = "spark.muster.gpu.discoveryScript";

  /** Whether a slot may train on the CPU where TensorFlow sees no GPU: for a trial of the plan. */
  static final String ALLOW_MISSING = "spark.muster.gpu.allowMissing";

  /** How a problem begins. */
  static final String CANNOT = "Cannot give each slot a GPU of its own: ";

  private static final String WORKER_AMOUNT = "spark.worker.resource.gpu.amount";
  private static final String ORDER = "spark.executorEnv.CUDA_DEVICE_ORDER";

  private GpuPlan() {}

  /** Whether the legs have a resource profile of their own. */
  static boolean usesProfile(SparkConf conf, int gpusPerSlot) {
    return gpusPerSlot > 0
        && SlotCapacity.isDynamic(conf)
        && !conf.contains(TASK_AMOUNT)
        && !conf.contains(EXECUTOR_AMOUNT);
  }

  /** What is wrong with the user's settings; each with its cure. */
  static List<String> problems(SparkConf conf, int gpusPerSlot) {
    List<String> problems = new ArrayList<>();
    if (gpusPerSlot == 0) {
      return problems;
    }
    if (Master.isLocal(conf)) {
      problems.add(
          "master %s cannot give GPUs to tasks; use --master spark://HOST:7077, yarn or k8s://…, or set resources.gpus_per_slot to 0"
              .formatted(Master.of(conf)));
      return problems;
    }
    checkTaskAmount(conf, problems);
    checkExecutorAmount(conf, problems);
    checkDiscovery(conf, problems);
    return problems;
  }

  private static void checkTaskAmount(SparkConf conf, List<String> problems) {
    String amount = conf.get(TASK_AMOUNT, "1");
    double gpus = amount(amount);
    if (gpus > 0 && gpus < 1) {
      problems.add(
          "%s=%s gives one GPU to several slots; set it to 1".formatted(TASK_AMOUNT, amount));
    } else if (gpus != 1) {
      problems.add(
          "expected %s=1, as resources.gpus_per_slot is 1, found %s; set it to 1"
              .formatted(TASK_AMOUNT, amount));
    }
  }

  private static void checkExecutorAmount(SparkConf conf, List<String> problems) {
    if (!conf.contains(EXECUTOR_AMOUNT)) {
      return;
    }
    String amount = conf.get(EXECUTOR_AMOUNT);
    double gpus = amount(amount);
    if (gpus < 1 || gpus != Math.rint(gpus)) {
      problems.add(
          "expected a whole number of GPUs as %s, found %s; set it to %d, one for each slot of an executor"
              .formatted(EXECUTOR_AMOUNT, amount, slotsByCores(conf)));
    }
  }

  private static void checkDiscovery(SparkConf conf, List<String> problems) {
    if (Master.isLocalCluster(conf) && !conf.contains(WORKER_AMOUNT)) {
      problems.add(
          "the Workers of %s have no GPUs; set %s and spark.worker.resource.gpu.discoveryScript"
              .formatted(Master.of(conf), WORKER_AMOUNT));
    } else if (Master.isContained(conf)
        && !conf.contains(SCRIPT)
        && !conf.contains(PROFILE_SCRIPT)
        && !conf.contains("spark.resources.discoveryPlugin")) {
      problems.add(
          "executors do not know their GPUs; %s"
              .formatted(
                  Master.isYarn(conf)
                      ? "submit with --files scripts/gpu-discovery --conf "
                          + SCRIPT
                          + "=./gpu-discovery"
                      : "put scripts/gpu-discovery into the image and set "
                          + SCRIPT
                          + " to its path"));
    }
  }

  private static double amount(String text) {
    try {
      return Double.parseDouble(text);
    } catch (NumberFormatException e) {
      return -1;
    }
  }

  /**
   * Sets what the user did not, where there are no {@link #problems}.
   *
   * @return what was set
   */
  static List<Setting> apply(SparkConf conf, int gpusPerSlot) {
    List<Setting> made = new ArrayList<>();
    if (gpusPerSlot == 0) {
      return made;
    }
    String each = Integer.toString(slotsByCores(conf));
    if (usesProfile(conf, gpusPerSlot)) {
      conf.set(PROFILE, "true");
      if (conf.contains(SCRIPT)) {
        conf.set(PROFILE_SCRIPT, conf.get(SCRIPT)).remove(SCRIPT);
      }
    } else {
      set(conf, made, EXECUTOR_AMOUNT, each, "one for each slot of an executor");
      set(conf, made, TASK_AMOUNT, "1", "a slot's own GPU");
    }
    if (Master.isKubernetes(conf)) {
      set(conf, made, VENDOR, "nvidia.com", "whose GPUs the pods ask for");
    }
    set(conf, made, ORDER, "PCI_BUS_ID", "CUDA counts GPUs as nvidia-smi does");
    return made;
  }

  /** What of an executor no slot uses; empty when all is used. */
  static Optional<String> unused(SparkConf conf) {
    int cores = slotsByCores(conf);
    double gpus = amount(conf.get(EXECUTOR_AMOUNT, Integer.toString(cores)));
    if (gpus == cores) {
      return Optional.empty();
    }
    return Optional.of(
        "an executor has cores for %d slots and %.0f GPUs: the %s are not used; set %s to %d, or spark.executor.cores to %.0f"
            .formatted(
                cores,
                gpus,
                gpus > cores ? "other GPUs" : "other cores",
                EXECUTOR_AMOUNT,
                cores,
                gpus * conf.getInt("spark.task.cpus", 1)));
  }

  private static void set(
      SparkConf conf, List<Setting> made, String key, String value, String why) {
    if (!conf.contains(key)) {
      conf.set(key, value);
      made.add(new Setting(key, value, why));
    }
  }

  /**
   * How many slots an executor has.
   *
   * @param byCores as many as its cores allow
   */
  static int slots(SparkConf conf, int byCores) {
    boolean asks = amount(conf.get(TASK_AMOUNT, "0")) == 1;
    double gpus = amount(conf.get(EXECUTOR_AMOUNT, "-1"));
    return asks && gpus >= 0 ? (int) Math.min(byCores, gpus) : byCores;
  }

  /** How many slots the cores of an executor allow. */
  static int slotsByCores(SparkConf conf) {
    Matcher local = SlotCapacity.LOCAL_CLUSTER.matcher(Master.of(conf));
    int cores =
        local.matches()
            ? Math.min(
                Integer.parseInt(local.group(2)),
                conf.getInt("spark.executor.cores", Integer.MAX_VALUE))
            : conf.getInt("spark.executor.cores", conf.getInt("spark.task.cpus", 1));
    return Math.max(1, cores / conf.getInt("spark.task.cpus", 1));
  }
}
