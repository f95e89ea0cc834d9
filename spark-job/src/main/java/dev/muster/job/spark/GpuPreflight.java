package dev.muster.job.spark;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.spark.SparkConf;

/** The part of the pre-flight that looks at GPUs, and sets what gives each slot its own. */
final class GpuPreflight {
  private static final String CHECK = "gpus";

  private GpuPreflight() {}

  /**
   * Looks at the plan and completes it; before the slots are counted.
   *
   * @param lines takes what was set
   */
  static List<Finding> look(SparkConf conf, int gpusPerSlot, Consumer<String> lines) {
    List<Finding> findings = new ArrayList<>();
    if (gpusPerSlot == 0) {
      if (conf.contains(GpuPlan.TASK_AMOUNT)) {
        findings.add(
            Finding.warning(
                CHECK,
                "%s=%s gives the slots GPUs, but resources.gpus_per_slot is 0 and they train on the CPU; set it to 1"
                    .formatted(GpuPlan.TASK_AMOUNT, conf.get(GpuPlan.TASK_AMOUNT))));
      }
      return findings;
    }
    List<String> problems = GpuPlan.problems(conf, gpusPerSlot);
    if (!problems.isEmpty()) {
      problems.forEach(problem -> findings.add(Finding.problem(CHECK, GpuPlan.CANNOT + problem)));
      return findings;
    }
    GpuPlan.apply(conf, gpusPerSlot).forEach(setting -> lines.accept(setting.line()));
    GpuPlan.unused(conf).ifPresent(unused -> findings.add(Finding.warning(CHECK, unused)));
    findings.add(
        Finding.fine(
            CHECK,
            GpuPlan.usesProfile(conf, gpusPerSlot)
                ? "each slot gets one, by a resource profile of the legs"
                : "each slot gets one, by Spark's settings"));
    return findings;
  }
}
