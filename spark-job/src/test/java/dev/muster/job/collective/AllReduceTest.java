package dev.muster.job.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AllReduceTest {
  @ParameterizedTest
  @CsvSource({
    "1,0",
    "1,7",
    "1,1000000",
    "2,0",
    "2,1",
    "2,2",
    "2,7",
    "2,1000000",
    "3,1",
    "3,2",
    "3,1000001",
    "4,3",
    "4,1000002",
    "5,0",
    "5,1",
    "5,4",
    "5,11",
    "5,1000003"
  })
  void sumIsTheSameBitsOnAllRanksAndThoseOfTheDocumentedOrder(int ranks, int length) {
    float[] weights = {1f, 0.3f, -2f, 1f / 3, 7e-3f};
    try (Ranks all = Ranks.form(ranks)) {
      for (int round = 0; round < 2; round++) {
        int seed = round;
        float[][] inputs = Reference.inputs(ranks, length, seed);
        List<float[]> sums =
            all.each(
                ring -> {
                  ByteBuffer output = Ranks.direct(new float[length]);
                  ByteBuffer input = Ranks.direct(inputs[ring.rank()]).asReadOnlyBuffer();
                  ring.allReduce(input.order(output.order()), weights[ring.rank()], output);
                  return Ranks.floats(output);
                });
        float[] expected = Reference.sum(inputs, weights);
        sums.forEach(sum -> Reference.assertSameBits(sum, expected));
      }
    }
  }

  @Test
  void sumOfThreeRanksWorkedByHand() {
    try (Ranks all = Ranks.form(3)) {
      float[][] inputs = {{1, 2, 3, 4}, {10, 20, 30, 40}, {100, 200, 300, 400}};
      float[] weights = {1, 2, 0.5f};
      List<float[]> sums =
          all.each(
              ring -> {
                ByteBuffer output = Ranks.direct(new float[4]);
                ring.allReduce(Ranks.direct(inputs[ring.rank()]), weights[ring.rank()], output);
                return Ranks.floats(output);
              });
      assertThat(sums).allSatisfy(sum -> assertThat(sum).containsExactly(71, 142, 213, 284));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4})
  void inputOfWeightZeroIsNotRead(int ranks) {
    try (Ranks all = Ranks.form(ranks)) {
      int idle = ranks - 1;
      List<float[]> sums =
          all.each(
              ring -> {
                float[] values = new float[1001];
                Arrays.fill(values, ring.rank() == idle ? Float.NaN : 2f);
                ByteBuffer output = Ranks.direct(new float[1001]);
                ring.allReduce(Ranks.direct(values), ring.rank() == idle ? 0f : 3f, output);
                return Ranks.floats(output);
              });
      float[] expected = new float[1001];
      Arrays.fill(expected, 6f * (ranks - 1));
      sums.forEach(sum -> Reference.assertSameBits(sum, expected));
    }
  }

  @Test
  void onlyPositionToLimitIsTouchedAndTheInputStays() {
    try (Ranks all = Ranks.form(2)) {
      all.each(
          ring -> {
            ByteBuffer input = Ranks.direct(9, 1, 2, 3, 9).position(4).limit(16);
            ByteBuffer output = Ranks.direct(8, 8, 8, 8, 8).position(8).limit(20);
            ring.allReduce(input, 1, output);
            assertThat(input.position()).isEqualTo(4);
            assertThat(output.position()).isEqualTo(8);
            assertThat(Ranks.floats(input.clear())).containsExactly(9, 1, 2, 3, 9);
            assertThat(Ranks.floats(output.clear())).containsExactly(8, 8, 2, 4, 6);
            return 0;
          });
    }
  }

  @Test
  void buffersThatCannotBeReducedAreRefusedAndTheRingGoesOn() {
    try (Ranks all = Ranks.form(2)) {
      all.each(
          ring -> {
            ByteBuffer four = Ranks.direct(1, 2, 3, 4);
            assertThatThrownBy(() -> ring.allReduce(four, 1, Ranks.direct(1)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("16 bytes, the output 4");
            assertThatThrownBy(() -> ring.allReduce(ByteBuffer.allocate(16), 1, four))
                .hasMessageContaining("heap");
            assertThatThrownBy(() -> ring.allReduce(ByteBuffer.allocateDirect(16), 1, four))
                .hasMessageContaining("BIG_ENDIAN");
            ring.barrier();
            return 0;
          });
    }
  }

  @Test
  void ranksWithDifferentLengthsFailAndNameBoth() {
    try (Ranks all = Ranks.form(2)) {
      List<CollectiveException> failures =
          all.failures(
              ring -> {
                float[] values = new float[10 + ring.rank()];
                ring.allReduce(Ranks.direct(values), 1, Ranks.direct(values));
                return 0;
              });
      assertThat(failures)
          .anySatisfy(
              failure ->
                  assertThat(failure)
                      .hasMessageContaining("of 40 bytes")
                      .hasMessageContaining("of 44 bytes"));
    }
  }

  /** The documented order, in the plainest words. */
  static final class Reference {
    private Reference() {}

    static float[][] inputs(int ranks, int length, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      float[][] inputs = new float[ranks][length];
      for (float[] input : inputs) {
        for (int i = 0; i < length; i++) {
          input[i] = (float) ((random.nextDouble() - 0.5) * Math.pow(10, random.nextInt(-6, 7)));
        }
      }
      return inputs;
    }

    static float[] sum(float[][] inputs, float[] weights) {
      int ranks = inputs.length;
      int length = inputs[0].length;
      float[] sum = new float[length];
      int from = 0;
      for (int segment = 0; segment < ranks; segment++) {
        int to = from + length / ranks + (segment < length % ranks ? 1 : 0);
        for (int i = from; i < to; i++) {
          float total = product(inputs, weights, segment, i);
          for (int next = 1; next < ranks; next++) {
            total = total + product(inputs, weights, (segment + next) % ranks, i);
          }
          sum[i] = total;
        }
        from = to;
      }
      return sum;
    }

    private static float product(float[][] inputs, float[] weights, int rank, int i) {
      return weights[rank] == 0 ? 0f : weights[rank] * inputs[rank][i];
    }

    static void assertSameBits(float[] found, float[] expected) {
      assertThat(found).hasSameSizeAs(expected);
      for (int i = 0; i < found.length; i++) {
        if (Float.floatToRawIntBits(found[i]) != Float.floatToRawIntBits(expected[i])) {
          throw new AssertionError(
              "element %d: expected %s, found %s".formatted(i, expected[i], found[i]));
        }
      }
    }
  }
}
