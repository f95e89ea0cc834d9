package dev.muster.testkit;

import dev.muster.job.config.ExperimentConfig;
import dev.muster.job.search.Leg;
import dev.muster.job.search.Workload;
import dev.muster.job.search.WorkloadSequencer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The workloads of an experiment, one after the other, as the job's driver hands them out. */
final class LocalWorkloads {
  private final TrialTester tester;
  private final WorkloadSequencer sequencer;
  private final List<String> stream = new ArrayList<>();
  private final List<Training> trainings = new ArrayList<>();
  private final List<Validation> validations = new ArrayList<>();
  private final List<Path> checkpoints = new ArrayList<>();

  LocalWorkloads(TrialTester tester, WorkloadSequencer sequencer) {
    this.tester = tester;
    this.sequencer = sequencer;
  }

  ExperimentRun run(ExperimentConfig config) {
    boolean stopped = false;
    for (Leg leg = sequencer.nextLeg(); !leg.isEmpty(); leg = sequencer.nextLeg()) {
      if (run(leg, config)) {
        stopped = true;
        sequencer.stop();
      }
    }
    return new ExperimentRun(
        String.join(" ", stream), trainings, validations, checkpoints, stopped);
  }

  /** Whether the trial asked to stop in the leg, or before it. */
  private boolean run(Leg leg, ExperimentConfig config) {
    for (Workload workload : leg.workloads()) {
      if (workload instanceof Workload.Train train) {
        if (tester.agreeToStop()) {
          return true;
        }
        Training training = tester.train(train.batches());
        note("T", trainings, training, workload);
        if (training.stopRequested()) {
          return true;
        }
      } else if (workload instanceof Workload.Validate) {
        Validation validation = tester.validate();
        note("V", validations, validation, workload);
        sequencer.validated(validation.scalar(config.searcher().metric()));
      } else {
        Path directory = tester.newCheckpoint();
        note("C", checkpoints, directory, workload);
        tester.checkpoint(directory, sequencer.state());
      }
    }
    return tester.isStopRequested();
  }

  private <T> void note(String letter, List<T> results, T result, Workload workload) {
    stream.add(letter);
    results.add(result);
    sequencer.completed(workload);
  }
}
