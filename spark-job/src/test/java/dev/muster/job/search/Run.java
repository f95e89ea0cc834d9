package dev.muster.job.search;

import dev.muster.job.config.ConfigException;
import dev.muster.job.config.ExperimentConfig;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Plays the driver: runs a sequencer's legs to the end, and writes them down as letters. */
final class Run {
  private Run() {}

  static ExperimentConfig config(String... overrides) {
    try {
      return ExperimentConfig.parse(
          """
          name: a
          entrypoint: a.B
          hyperparameters: {global_batch_size: 8}
          searcher: {metric: loss, max_length: {batches: 250}}
          checkpoint_storage: {path: p}
          """,
          "e.yaml",
          List.of(overrides));
    } catch (ConfigException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The legs to the end, each such as {@code T100 T50 C V}. */
  static List<String> legs(WorkloadSequencer sequencer, Iterator<Double> metrics) {
    List<String> legs = new ArrayList<>();
    boolean last = false;
    for (Leg leg = sequencer.nextLeg(); !leg.isEmpty(); leg = sequencer.nextLeg()) {
      if (last) {
        throw new AssertionError("leg " + leg + " follows the last one of " + legs);
      }
      leg.workloads().forEach(workload -> complete(sequencer, workload, metrics));
      legs.add(String.join(" ", leg.workloads().stream().map(Run::letter).toList()));
      last = leg.last();
    }
    if (!last && !legs.isEmpty()) {
      throw new AssertionError("no leg of " + legs + " was said to be the last");
    }
    return legs;
  }

  static void complete(WorkloadSequencer sequencer, Workload workload, Iterator<Double> metrics) {
    sequencer.completed(workload);
    if (workload instanceof Workload.Validate) {
      sequencer.validated(metrics.next());
    }
  }

  static String letter(Workload workload) {
    if (workload instanceof Workload.Train train) {
      return "T" + train.batches();
    }
    return workload instanceof Workload.Validate ? "V" : "C";
  }
}
