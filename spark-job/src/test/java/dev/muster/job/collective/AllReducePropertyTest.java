package dev.muster.job.collective;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;

class AllReducePropertyTest {
  private static final Map<Integer, Ranks> RINGS = new HashMap<>();

  @Property(tries = 150)
  void sumEqualsReference(
      @ForAll @IntRange(min = 1, max = 5) int ranks,
      @ForAll @IntRange(min = 0, max = 300_000) int length,
      @ForAll @Size(5) List<@FloatRange(min = -100, max = 100) Float> weights,
      @ForAll long seed) {
    float[] factors = new float[5];
    for (int rank = 0; rank < 5; rank++) {
      factors[rank] = weights.get(rank);
    }
    float[][] inputs = AllReduceTest.Reference.inputs(ranks, length, seed);
    float[] expected = AllReduceTest.Reference.sum(inputs, factors);
    List<float[]> sums =
        RINGS
            .computeIfAbsent(ranks, Ranks::form)
            .each(
                ring -> {
                  ByteBuffer output = Ranks.direct(new float[length]);
                  ring.allReduce(Ranks.direct(inputs[ring.rank()]), factors[ring.rank()], output);
                  return Ranks.floats(output);
                });
    sums.forEach(sum -> AllReduceTest.Reference.assertSameBits(sum, expected));
  }

  @AfterContainer
  static void close() {
    RINGS.values().forEach(Ranks::close);
    RINGS.clear();
  }
}
