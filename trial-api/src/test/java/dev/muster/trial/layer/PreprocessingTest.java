package dev.muster.trial.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.Mode;
import dev.muster.trial.TrialException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

class PreprocessingTest {
  private final Model model = new Model(Mode.PREDICT);
  private final Preprocessing preprocessing = new Preprocessing(model.tf);

  @AfterEach
  void closeModel() {
    model.close();
  }

  private Operand<TString> strings(String... strings) {
    return model.tf.constant(NdArrays.vectorOfObjects(strings));
  }

  @Test
  void vocabularyGivesPlacesAndBuckets() {
    List<String> vocabulary = List.of("Bachelors", "HS-grad", "", "Grüße");
    Operand<TString> strings = strings("Grüße", "HS-grad", "?", "Bachelors", "", "HS-grad ");
    assertThat(model.runLongs(preprocessing.vocabulary(strings, vocabulary, 0)))
        .containsExactly(3, 1, -1, 0, 2, -1);
    long[] bucketed = model.runLongs(preprocessing.vocabulary(strings, vocabulary, 7));
    long[] hashes = model.runLongs(preprocessing.hash(strings, 7));
    assertThat(bucketed).containsExactly(3, 1, 4 + hashes[2], 0, 2, 4 + hashes[5]);
  }

  @Test
  void vocabularyFindsEachOfManyTermsAndNoOther() {
    List<String> vocabulary = new ArrayList<>();
    String[] asked = new String[6_000];
    long[] expected = new long[asked.length];
    for (int i = 0; i < asked.length; i++) {
      asked[i] = "term " + i * 31;
      expected[i] = i % 2 == 0 ? i / 2 : -1;
      if (i % 2 == 0) {
        vocabulary.add(asked[i]);
      }
    }
    assertThat(model.runLongs(preprocessing.vocabulary(strings(asked), vocabulary, 0)))
        .containsExactly(expected);
  }

  @Test
  void vocabularyKeepsTheShapeAndTakesNoStrings() {
    Operand<TString> pairs =
        model.tf.reshape(strings("a", "b", "c", "d"), model.tf.constant(new int[] {2, 2}));
    Operand<TInt64> ids = preprocessing.vocabulary(pairs, List.of("b", "c"), 1);
    assertThat(ids.asOutput().shape()).isEqualTo(Shape.of(2, 2));
    assertThat(model.runLongs(ids)).containsExactly(2, 0, 1, 2);
    Operand<TString> none =
        model.tf.slice(
            strings("a"), model.tf.constant(new int[] {0}), model.tf.constant(new int[] {0}));
    assertThat(model.runLongs(preprocessing.vocabulary(none, List.of("b"), 1))).isEmpty();
  }

  @Test
  void crossIsTheHashOfTheJoinedStrings() {
    assertThat(
            model.runLongs(
                preprocessing.cross(List.of(strings("a", "b"), strings("x", "y")), 1_000)))
        .containsExactly(model.runLongs(preprocessing.hash(strings("a_X_x", "b_X_y"), 1_000)));
    assertThat(
            model.runLongs(
                preprocessing.hashOfIntegers(model.tf.constant(new long[] {7, -12}), 1_000)))
        .containsExactly(model.runLongs(preprocessing.hash(strings("7", "-12"), 1_000)));
  }

  @Test
  void bucketsIncludeTheirLowerBoundary() {
    Operand<TInt64> buckets =
        preprocessing.bucketize(
            model.tf.constant(new float[] {-5, 0, 9.9f, 10, 24, 25, 1e9f}), 0, 10, 25);
    assertThat(model.runLongs(buckets)).containsExactly(0, 1, 1, 2, 2, 3, 3);
  }

  @Test
  void normalizationByFeature() {
    assertThat(
            model.run(
                preprocessing.normalize(
                    model.tf.constant(new long[][] {{10, 1}, {20, 5}}),
                    new float[] {15, 1},
                    new float[] {5, 2})))
        .containsExactly(-1, 0, 1, 2);
    assertThat(model.run(preprocessing.normalize(model.tf.constant(new float[] {1, 3}), 2, 0.5f)))
        .containsExactly(-2, 2);
  }

  @Test
  void hotEncodings() {
    assertThat(model.run(preprocessing.oneHot(model.tf.constant(new long[] {2, -1, 0}), 3)))
        .containsExactly(0, 0, 1, 0, 0, 0, 1, 0, 0);
    assertThat(
            model.run(
                preprocessing.multiHot(
                    model.tf.constant(new int[][] {{2, 0}, {-1, 1}, {1, 1}}), 3)))
        .containsExactly(1, 0, 1, 0, 1, 0, 0, 1, 0);
  }

  @Test
  void wrongUseIsRefused() {
    assertThatThrownBy(() -> preprocessing.vocabulary(strings("a"), List.of("a", "b", "a"), 0))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot look up strings: the vocabulary has 'a' twice, the second time at 2");
    assertThatThrownBy(() -> preprocessing.bucketize(model.tf.constant(1f), 1, 1))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot bucketize: expected ascending boundaries, found 1.0 after 1.0");
    assertThatThrownBy(() -> preprocessing.normalize(model.tf.constant(1f), 0, 0))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot normalize: expected deviations above 0, found 0.0");
    assertThatThrownBy(() -> preprocessing.hash(strings("a"), 0))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot hash: expected a number of at least 1, found 0");
  }
}
