package dev.muster.job.spark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.spark.SparkConf;

/** Whether the slots of an executor fit its memory, by the settings of a run that is to start. */
final class MemoryCheck {
  /** A task that encodes records holds blocks of 32 MiB and a chunk of 4 MiB. */
  private static final long HEAP_BASE_MIB = 300;

  private static final long HEAP_SLOT_MIB = 64;

  private final SparkConf conf;
  private final int slots;
  private final TrialMemory memory;
  private final Path root;

  MemoryCheck(SparkConf conf, int slots, TrialMemory memory) {
    this(conf, slots, memory, Path.of("/"));
  }

  /**
   * A check of another machine.
   *
   * @param root the directory that holds its {@code proc} and {@code sys}
   */
  MemoryCheck(SparkConf conf, int slots, TrialMemory memory, Path root) {
    this.conf = conf;
    this.slots = slots;
    this.memory = memory;
    this.root = root;
  }

  /** What was found; needs what {@link ClusterPlan} sets. */
  List<Finding> findings() {
    try {
      if (Master.of(conf).isEmpty() || Master.isLocal(conf)) {
        return List.of(oneMachine());
      }
      List<Finding> findings = new ArrayList<>();
      if (!Master.isYarn(conf)) { // which looks at YARN's containers
        findings.add(overhead(Master.isContained(conf)));
      }
      heap().ifPresent(findings::add);
      return findings;
    } catch (NumberFormatException e) { // Spark's message shows the value
      return List.of(
          Finding.problem(
              "memory",
              "Cannot tell the memory of an executor: expected sizes such as 2g in"
                  + " spark.executor.memory and spark.executor.memoryOverhead: "
                  + e.getMessage()));
    }
  }

  private int perExecutor() {
    return Math.min(slots, SlotCapacity.perExecutor(conf));
  }

  private Finding overhead(boolean contained) {
    int here = perExecutor();
    long wanted = ClusterPlan.overheadMib(memory, here);
    if (!contained) {
      return Finding.fine(
          "memory",
          "the host of an executor of %s needs %d MiB of native memory beside its heap"
              .formatted(slots(here), wanted));
    }
    long given = ClusterPlan.givenOverheadMib(conf, "executor");
    long least = ClusterPlan.leastNativeMib(memory, here);
    String cure = "; set spark.executor.memoryOverhead=" + wanted + "m, or leave it to Muster";
    if (given < least) {
      return Finding.problem(
          "memory",
          ("Cannot train %s in an executor with %d MiB of memory overhead: its variables and one"
                  + " step alone take %d MiB, and it would be killed%s")
              .formatted(slots(here), given, least, cure));
    }
    if (given < wanted) {
      return Finding.warning(
          "memory",
          "an executor of %s has %d MiB of memory overhead and may need %d MiB%s"
              .formatted(slots(here), given, wanted, cure));
    }
    return Finding.fine(
        "memory",
        "an executor of %s needs %d MiB of native memory and has %d MiB"
            .formatted(slots(here), wanted, given));
  }

  private Optional<Finding> heap() {
    long heap = conf.getSizeAsMb("spark.executor.memory", "1g");
    long wanted = HEAP_BASE_MIB + perExecutor() * HEAP_SLOT_MIB;
    return heap >= wanted
        ? Optional.empty()
        : Optional.of(
            Finding.warning(
                "memory",
                "spark.executor.memory=%dm is little for an executor of %s; set it to %dm or more"
                    .formatted(heap, slots(perExecutor()), wanted)));
  }

  private Finding oneMachine() {
    long heap = Runtime.getRuntime().maxMemory() >> 20;
    long wanted = heap + ClusterPlan.overheadMib(memory, slots);
    long least = ClusterPlan.leastNativeMib(memory, slots);
    long has = machineMib();
    String cure =
        "; lower hyperparameters.global_batch_size or --driver-memory, or use more memory";
    if (has < least) {
      return Finding.problem(
          "memory",
          "Cannot train %s here: their variables and one step alone take %d MiB, and this machine (or its cgroup) has %d MiB%s"
              .formatted(slots(slots), least, has, cure));
    }
    if (has < wanted) {
      return Finding.warning(
          "memory",
          "%s here may need %d MiB, %d MiB of heap with them; this machine (or its cgroup) has %d MiB%s"
              .formatted(slots(slots), wanted, heap, has, cure));
    }
    return Finding.fine(
        "memory",
        "%s need %d MiB, %d MiB of heap with them, of %d MiB"
            .formatted(slots(slots), wanted, heap, has));
  }

  /** What the machine has, or its cgroup allows. */
  private long machineMib() {
    long total =
        read("proc/meminfo")
            .flatMap(text -> text.lines().filter(line -> line.startsWith("MemTotal:")).findFirst())
            .map(line -> Long.parseLong(line.replaceAll("\\D", "")) >> 10)
            .orElse(Long.MAX_VALUE);
    for (String limit :
        List.of("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes")) {
      total =
          Math.min(
              total,
              read(limit)
                  .map(String::strip)
                  .filter(text -> text.matches("\\d{1,18}"))
                  .map(text -> Long.parseLong(text) >> 20)
                  .orElse(Long.MAX_VALUE));
    }
    return total;
  }

  private Optional<String> read(String file) {
    try {
      return Optional.of(Files.readString(root.resolve(file), StandardCharsets.UTF_8));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static String slots(int slots) {
    return slots == 1 ? "1 slot" : slots + " slots";
  }
}
