package dev.muster.job.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tensorflow.Operand;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.types.TFloat32;

/**
 * The learning rates of a moment, by the optimizers' names, as a checkpoint records them.
 *
 * @param values the rates of the next step
 * @param schedules what they follow, and where they are
 */
record LearningRates(Map<String, Float> values, Map<String, Schedule> schedules) {
  /** A schedule and the global step that its rate is of. */
  record Schedule(String schedule, long step) {}

  /** Reads the rates between two steps; none without an optimizer. */
  static LearningRates read(Session session, WrappedOptimizers optimizers, long globalStep) {
    Map<String, Float> values = new TreeMap<>();
    Map<String, Schedule> schedules = new TreeMap<>();
    optimizers
        .schedules()
        .forEach((name, schedule) -> schedules.put(name, new Schedule(schedule, globalStep)));
    if (!schedules.isEmpty()) {
      fetch(session, optimizers.learningRates(), values);
    }
    return new LearningRates(values, schedules);
  }

  private static void fetch(
      Session session, Map<String, Operand<TFloat32>> rates, Map<String, Float> values) {
    List<String> names = new ArrayList<>(rates.keySet());
    Session.Runner runner = session.runner();
    rates.values().forEach(runner::fetch);
    try (Result result = runner.run()) {
      for (int i = 0; i < names.size(); i++) {
        values.put(names.get(i), ((TFloat32) result.get(i)).getFloat());
      }
    }
  }
}
