package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the driver finds wrong with a trial before anything runs. */
class TrialCheckTest {
  private static TrialDefinition trial(String fault) {
    return new TrialDefinition(
        "e",
        1,
        7,
        "dev.muster.job.cli.FaultyTrial",
        Map.of("hyperparameters", Map.of("global_batch_size", 4L, "fault", fault)),
        1);
  }

  private static TrialCheck check(String fault) {
    return TrialCheck.of(trial(fault));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          shapeEVAL       | Cannot use the model in mode EVAL: variable 'logits/bias' has shape [3] in mode EVAL, [2] in mode TRAIN; variable 'logits/kernel' has shape [4, 3] in mode EVAL, [4, 2] in mode TRAIN; build the same layers in every mode, in the model function of buildEstimator()
          shapePREDICT    | Cannot use the model in mode PREDICT: variable 'logits/bias' has shape [3] in mode PREDICT, [2] in mode TRAIN
          evalVariables   | Cannot use the model in mode EVAL: its variables [only/here] do not exist in mode TRAIN, which has [global_step, logits/bias, logits/kernel]
          globalStep      | of type AssignAdd: it assigns global_step, which Muster advances by one after each batch; remove it from the model function of buildEstimator()
          labelType       | Cannot read label 'digit' as TFloat32: it is declared as TInt64; read it as that, or declare it otherwise by Dataset.label
          nullOutput      | Cannot build the PREDICT specification: output 'scores' is null
          receiverIsNull  | Cannot use the receiver 'digits' of buildServingInputReceivers(): its receiver is null
          receiverIsPath  | Cannot use the receiver 'digits/v1' of buildServingInputReceivers(): it names a directory of each checkpoint
          receiverIsTaken | Cannot use the receiver 'variables' of buildServingInputReceivers(): a checkpoint has a file or directory of this name; choose another key
          matMul          | the features: image TFloat32 [?, 4]; the labels: digit TInt64 [?]
          """)
  void faultIsNamedWithTheMethodToChange(String fault, String message) {
    assertThatThrownBy(() -> check(fault).close())
        .isInstanceOf(TrialException.class)
        .hasMessageContaining(message);
  }

  @Test
  void trialWithoutAFaultPassesWithoutAWarning() {
    try (TrialCheck check = check("none")) {
      assertThat(check.warnings()).isEmpty();
      check.checkSearcherMetric("loss");
    }
  }

  @Test
  void featureThatTheModelDoesNotReadIsAWarning() {
    try (TrialCheck check = check("unread")) {
      assertThat(check.warnings())
          .containsExactly(
              "the model function of buildEstimator() does not read feature 'weight' in mode TRAIN;"
                  + " each batch brings them all the same");
    }
  }

  @Test
  void searchersMetricMustBeAScalar() {
    try (TrialCheck check = check("none")) {
      assertThatThrownBy(() -> check.checkSearcherMetric("counts"))
          .isInstanceOf(TrialException.class)
          .hasMessage(
              "Cannot search by metric 'counts': expected a scalar, found an array of 2, which its"
                  + " reducer returns; have the reducer return a scalar, or set searcher.metric to"
                  + " another metric");
    }
    try (TrialCheck check = check("reduceThrows")) {
      check.checkSearcherMetric("counts");
    }
  }
}
