package dev.muster.job.spark;

import dev.muster.job.yarn.ResourceManager;
import dev.muster.job.yarn.YarnLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.SparkConf;

/** What a run will ask YARN for, against what YARN gives and what TensorFlow needs. */
final class YarnPreflight {
  /** The driver's share of TensorFlow: its library and the graphs, without a step. */
  static final long DRIVER_BASE_MIB = 512;

  private static final String CHECK = "yarn";
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String EXECUTOR = "spark.executor.memoryOverhead";
  private static final String DRIVER = "spark.driver.memoryOverhead";

  private final SparkConf conf;
  private final int slots;
  private final TrialMemory memory;
  private final long variableMib;
  private final YarnLimits limits;
  private final List<Finding> findings = new ArrayList<>();

  private YarnPreflight(SparkConf conf, int slots, TrialMemory memory, YarnLimits limits) {
    this.conf = conf;
    this.slots = slots;
    this.memory = memory;
    this.variableMib = memory.variableBytes() / (1 << 20);
    this.limits = limits;
  }

  /**
   * Asks the ResourceManager and looks at everything; nothing where the master is not YARN.
   *
   * @param conf with all that {@link ClusterSettings} set
   * @param memory what a slot needs
   */
  static List<Finding> check(SparkConf conf, int slots, TrialMemory memory)
      throws InterruptedException {
    return Master.isYarn(conf)
        ? check(
            conf,
            slots,
            memory,
            ResourceManager.limits(ExperimentFile.hadoopProperties(conf), PATIENCE))
        : List.of();
  }

  static List<Finding> check(SparkConf conf, int slots, TrialMemory memory, YarnLimits limits) {
    return new YarnPreflight(conf, slots, memory, limits).look();
  }

  private List<Finding> look() {
    try {
      lookAtContainers();
      lookAtOverhead();
      lookAtDriver();
    } catch (NumberFormatException e) { // Spark's message names the key
      findings.add(
          Finding.problem(
              CHECK, "Cannot understand the memory of Spark's settings: " + e.getMessage()));
    }
    lookAtQueue();
    return List.copyOf(findings);
  }

  private void lookAtContainers() {
    long heap = conf.getSizeAsMb("spark.executor.memory", "1g");
    long overhead = ClusterPlan.givenOverheadMib(conf, "executor");
    long offHeap =
        conf.getBoolean("spark.memory.offHeap.enabled", false)
            ? conf.getSizeAsBytes("spark.memory.offHeap.size", "0") >> 20
            : 0;
    long container = heap + overhead + offHeap;
    int cores = conf.getInt("spark.executor.cores", 1);
    String parts =
        text("spark.executor.memory %,d MiB + %s %,d MiB", heap, EXECUTOR, overhead)
            + (offHeap == 0 ? "" : text(" + spark.memory.offHeap.size %,d MiB", offHeap));
    int before = findings.size();
    if (container > limits.maxMemoryMib()) {
      findings.add(
          Finding.problem(
              CHECK,
              text(
                  "Cannot get executors of %,d MiB (%s): a container has at most %,d MiB"
                      + " (yarn.scheduler.maximum-allocation-mb, says %s); %s, or have the maximum"
                      + " raised",
                  container,
                  parts,
                  limits.maxMemoryMib(),
                  limits.source(),
                  smaller(limits.maxMemoryMib() - overhead - offHeap, cores))));
    }
    if (cores > limits.maxCores()) {
      findings.add(
          Finding.problem(
              CHECK,
              text(
                  "Cannot get executors of %d cores: a container has at most %d"
                      + " (yarn.scheduler.maximum-allocation-vcores, says %s); lower"
                      + " spark.executor.cores",
                  cores, limits.maxCores(), limits.source())));
    }
    if (findings.size() == before) {
      findings.add(
          Finding.fine(
              CHECK,
              text(
                  "executors of %,d MiB (%s), at most %,d MiB a container, says %s",
                  container, parts, limits.maxMemoryMib(), limits.source())));
      lookAtNodes(container);
    }
  }

  private static String smaller(long heapLeft, int cores) {
    if (heapLeft >= 512) {
      return text("lower spark.executor.memory to %dm", heapLeft);
    }
    return cores > 1
        ? "take fewer slots an executor (spark.executor.cores)"
        : "take a smaller model";
  }

  /** More nodes may come: no problem, but people wait for nothing. */
  private void lookAtNodes(long container) {
    if (limits.nodesMib().isEmpty() || SlotCapacity.isDynamic(conf)) {
      return;
    }
    long fit = limits.nodesMib().stream().mapToLong(node -> node / container).sum();
    int executors = conf.getInt("spark.executor.instances", 1);
    if (fit < executors) {
      findings.add(
          Finding.warning(
              CHECK,
              text(
                  "%d executors of %,d MiB do not fit: the %d node%s with %,d MiB in all hold %d even"
                      + " when idle; take fewer slots (resources.slots_per_trial) or less memory",
                  executors,
                  container,
                  limits.nodesMib().size(),
                  limits.nodesMib().size() == 1 ? "" : "s",
                  limits.nodesMib().stream().mapToLong(Long::longValue).sum(),
                  fit)));
    }
  }

  private void lookAtOverhead() {
    int most = Math.min(SlotCapacity.perExecutor(conf), slots);
    long heap = conf.getSizeAsMb("spark.executor.memory", "1g");
    long overhead = ClusterPlan.givenOverheadMib(conf, "executor");
    long needed = ClusterPlan.overheadMib(memory, most);
    long least = ClusterPlan.leastNativeMib(memory, most);
    String what =
        text(
            "%d slot%s an executor with %,d MiB of variables",
            most, most == 1 ? "" : "s", variableMib);
    String cure =
        text("submit with --conf %s=%dm, or leave it out: Muster sets it", EXECUTOR, needed);
    if (heap + overhead < least) {
      findings.add(
          Finding.problem(
              CHECK,
              text(
                  "Cannot train in containers of %,d MiB (%s %,d MiB): %s take %,d MiB of native"
                      + " memory at the very least; %s",
                  heap + overhead, EXECUTOR, overhead, what, least, cure)));
    } else if (overhead < needed) {
      findings.add(
          Finding.warning(
              CHECK,
              text(
                  "%s is %,d MiB, and %s need about %,d MiB of native memory; YARN kills a"
                      + " container that takes more than it asked for; %s",
                  EXECUTOR, overhead, what, needed, cure)));
    }
  }

  /** Its container was started before our code: it can only be told. */
  private void lookAtDriver() {
    if (!Master.isClusterMode(conf)) {
      return;
    }
    long overhead = ClusterPlan.givenOverheadMib(conf, "driver");
    long needed = DRIVER_BASE_MIB + 3 * variableMib;
    if (overhead < needed) {
      findings.add(
          Finding.warning(
              CHECK,
              text(
                  "%s is %,d MiB, and the driver, which builds the graphs, needs about %,d MiB of"
                      + " native memory; YARN kills a container that takes more than it asked for;"
                      + " submit with --conf %s=%dm",
                  DRIVER, overhead, needed, DRIVER, needed)));
    }
  }

  /** Queues may be made by a submission, so an unknown one is no problem until YARN says so. */
  private void lookAtQueue() {
    String queue = conf.get("spark.yarn.queue", "");
    String leaf = queue.substring(queue.lastIndexOf('.') + 1);
    if (!queue.isEmpty() && !limits.queues().isEmpty() && !limits.queues().contains(leaf)) {
      findings.add(
          Finding.warning(
              CHECK,
              text(
                  "the ResourceManager knows no queue %s; submit with --queue and one of %s",
                  queue, String.join(", ", limits.queues()))));
    }
  }

  private static String text(String format, Object... arguments) {
    return String.format(Locale.ROOT, format, arguments);
  }
}
