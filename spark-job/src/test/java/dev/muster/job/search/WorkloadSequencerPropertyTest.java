package dev.muster.job.search;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class WorkloadSequencerPropertyTest {
  @Property(tries = 1000)
  void streamEqualsTheSpecificationsLoopAndLegsEndAtValidations(
      @ForAll @IntRange(min = 1, max = 60) int length,
      @ForAll @IntRange(max = 25) int validationPeriod,
      @ForAll @IntRange(max = 25) int checkpointPeriod,
      @ForAll @IntRange(min = 1, max = 20) int unit,
      @ForAll("policies") String policy,
      @ForAll boolean smallerIsBetter,
      @ForAll boolean initialValidation,
      @ForAll("metrics") List<Double> metrics) {
    List<String> config = new ArrayList<>();
    config.add("searcher.max_length.batches=" + length);
    config.add("scheduling_unit=" + unit);
    config.add("checkpoint_policy=" + policy);
    config.add("searcher.smaller_is_better=" + smallerIsBetter);
    config.add("perform_initial_validation=" + initialValidation);
    if (validationPeriod > 0) {
      config.add("min_validation_period.batches=" + validationPeriod);
    }
    if (checkpointPeriod > 0) {
      config.add("min_checkpoint_period.batches=" + checkpointPeriod);
    }
    List<String> expected =
        new Reference(
                length,
                validationPeriod,
                checkpointPeriod,
                unit,
                policy,
                smallerIsBetter,
                metrics.iterator())
            .run(initialValidation);
    WorkloadSequencer sequencer =
        WorkloadSequencer.of(Run.config(config.toArray(String[]::new)), 8, 100);
    List<String> legs = Run.legs(sequencer, metrics.iterator());

    assertThat(String.join(" ", legs)).isEqualTo(String.join(" ", expected));
    assertThat(sequencer.batchesTrained()).isEqualTo(length);
    long validations = expected.stream().filter("V"::equals).count();
    boolean checkpointRemains = expected.get(expected.size() - 1).equals("C");
    assertThat(legs).hasSize((int) validations + (checkpointRemains ? 1 : 0));
    legs.subList(0, (int) validations).forEach(leg -> assertThat(leg).endsWith("V"));
  }

  @Provide
  Arbitrary<String> policies() {
    return Arbitraries.of("best", "all", "none");
  }

  @Provide
  Arbitrary<List<Double>> metrics() {
    return Arbitraries.of(0.1, 0.2, 0.3, 0.4, -1.0, Double.NaN, Double.POSITIVE_INFINITY)
        .list()
        .ofSize(64);
  }
}
