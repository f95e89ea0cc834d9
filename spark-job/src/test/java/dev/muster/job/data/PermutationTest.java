package dev.muster.job.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PermutationTest {
  @Property(tries = 300)
  void eachNumberComesOnce(@ForAll @IntRange(min = 1, max = 2_000) int size, @ForAll long key) {
    Permutation permutation = new Permutation(size, key);

    assertThat(LongStream.range(0, size).map(permutation::at).sorted().toArray())
        .containsExactly(LongStream.range(0, size).toArray());
  }

  @Test
  void eachNumberIsAboutEquallyLikelyAtEachPlace() {
    for (int size : new int[] {2, 3, 5, 8}) {
      int[][] seen = new int[size][size];
      int keys = 8_000;
      for (int key = 0; key < keys; key++) {
        Permutation permutation = new Permutation(size, Permutation.mix(key));
        for (int place = 0; place < size; place++) {
          seen[place][(int) permutation.at(place)]++;
        }
      }
      for (int[] place : seen) {
        for (int count : place) {
          assertThat((double) count * size / keys).as("size %d", size).isBetween(0.85, 1.15);
        }
      }
    }
  }

  @Test
  void veryLargeDomainsStayInside() {
    long size = 3_000_000_000_000L;
    Permutation permutation = new Permutation(size, 5);

    assertThat(LongStream.range(size - 1_000, size).map(permutation::at))
        .allMatch(value -> value >= 0 && value < size)
        .doesNotHaveDuplicates();
  }
}
