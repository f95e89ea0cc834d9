package dev.muster.job.search;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * SPEC section 5 read aloud: the loop as it is written there, as letters such as T100 V C. It
 * shares no code with what it is compared with; a period of 0 stands for none.
 */
final class Reference {
  /** A length as it stands in the file, and what {@code asBatches} makes of it. */
  record Span(long count, String unit) {
    double asBatches(double globalBatch, double recordsPerEpoch) {
      return switch (unit) {
        case "batches" -> count;
        case "records" -> Math.max(Math.floor(count / globalBatch), 1);
        default -> Math.max(Math.floor(count * recordsPerEpoch / globalBatch), 1);
      };
    }

    String yaml() {
      return "{" + unit + ": " + count + "}";
    }
  }

  /** All that section 5 asks of an experiment, in batches. */
  record Setting(
      long length,
      long validationPeriod,
      long checkpointPeriod,
      long unit,
      String policy,
      boolean smallerIsBetter,
      boolean initialValidation) {}

  /** Somebody asked to stop. */
  private static final class Stop extends Exception {
    private static final long serialVersionUID = 1;
  }

  private final Setting setting;
  private final Iterator<Double> metrics;
  private final Set<Integer> stops;
  private final List<String> stream = new ArrayList<>();
  private long trained;
  private long lastCheckpoint;
  private long lastValidation;
  private boolean validated;
  private double best = Double.NaN;

  /**
   * A trial.
   *
   * @param stops during which workloads, counted from 0, somebody asks to stop; the slots hear of
   *     it while they train, and the driver when a leg is over
   */
  Reference(Setting setting, Iterator<Double> metrics, Set<Integer> stops) {
    this.setting = setting;
    this.metrics = metrics;
    this.stops = stops;
  }

  List<String> run() {
    try {
      if (setting.initialValidation()) {
        validate();
      }
      while (trained < setting.length()) {
        train();
        if (due(setting.validationPeriod(), lastValidation)) {
          validate();
        }
        if (due(setting.checkpointPeriod(), lastCheckpoint)) {
          checkpoint();
        }
      }
      saveUnsaved();
      if (!validated || lastValidation < trained) {
        validate();
      }
    } catch (Stop stop) {
      saveUnsaved();
    }
    return stream;
  }

  private boolean due(long period, long last) {
    return period > 0 && trained - last >= period;
  }

  private void train() throws Stop {
    long batches = Math.min(setting.unit(), setting.length() - trained);
    if (setting.validationPeriod() > 0) {
      batches = Math.min(batches, lastValidation + setting.validationPeriod() - trained);
    }
    if (setting.checkpointPeriod() > 0) {
      batches = Math.min(batches, lastCheckpoint + setting.checkpointPeriod() - trained);
    }
    stream.add("T" + batches);
    trained += batches;
    honourStop();
  }

  private void validate() throws Stop {
    stream.add("V");
    validated = true;
    lastValidation = trained;
    double metric = metrics.next();
    boolean better =
        !Double.isNaN(metric)
            && (Double.isNaN(best) || (setting.smallerIsBetter() ? metric < best : metric > best));
    if (better) {
      best = metric;
    }
    honourStop();
    boolean asked = setting.policy().equals("all") || (setting.policy().equals("best") && better);
    if (lastCheckpoint < trained && asked) {
      checkpoint();
    }
  }

  private void honourStop() throws Stop {
    if (stops.stream().anyMatch(workload -> workload < stream.size())) {
      throw new Stop();
    }
  }

  private void saveUnsaved() {
    if (lastCheckpoint < trained) {
      checkpoint();
    }
  }

  private void checkpoint() {
    stream.add("C");
    lastCheckpoint = trained;
  }
}
