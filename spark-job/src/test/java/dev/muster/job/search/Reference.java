package dev.muster.job.search;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** SPEC section 5 read aloud: the loop as it is written there, as letters such as T100 V C. */
final class Reference {
  private final long length;
  private final long validationPeriod;
  private final long checkpointPeriod;
  private final long unit;
  private final String policy;
  private final boolean smallerIsBetter;
  private final Iterator<Double> metrics;
  private final List<String> stream = new ArrayList<>();
  private long trained;
  private long lastCheckpoint;
  private long lastValidation;
  private boolean validated;
  private double best = Double.NaN;

  Reference(
      long length,
      long validationPeriod,
      long checkpointPeriod,
      long unit,
      String policy,
      boolean smallerIsBetter,
      Iterator<Double> metrics) {
    this.length = length;
    this.validationPeriod = validationPeriod;
    this.checkpointPeriod = checkpointPeriod;
    this.unit = unit;
    this.policy = policy;
    this.smallerIsBetter = smallerIsBetter;
    this.metrics = metrics;
  }

  List<String> run(boolean initialValidation) {
    if (initialValidation) {
      validate();
    }
    while (trained < length) {
      long n = Math.min(unit, length - trained);
      if (validationPeriod > 0) {
        n = Math.min(n, lastValidation + validationPeriod - trained);
      }
      if (checkpointPeriod > 0) {
        n = Math.min(n, lastCheckpoint + checkpointPeriod - trained);
      }
      stream.add("T" + n);
      trained += n;
      if (validationPeriod > 0 && trained == lastValidation + validationPeriod) {
        validate();
      }
      if (checkpointPeriod > 0 && trained == lastCheckpoint + checkpointPeriod) {
        checkpoint();
      }
    }
    if (lastCheckpoint < trained) {
      checkpoint();
    }
    if (!validated || lastValidation < trained) {
      validate();
    }
    return stream;
  }

  private void validate() {
    stream.add("V");
    validated = true;
    lastValidation = trained;
    double metric = metrics.next();
    boolean better =
        !Double.isNaN(metric)
            && (Double.isNaN(best) || (smallerIsBetter ? metric < best : metric > best));
    if (better) {
      best = metric;
    }
    if (lastCheckpoint < trained && (policy.equals("all") || (policy.equals("best") && better))) {
      checkpoint();
    }
  }

  private void checkpoint() {
    stream.add("C");
    lastCheckpoint = trained;
  }
}
