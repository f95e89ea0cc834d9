package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.job.search.SequencerState;
import java.io.IOException;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SequenceJsonTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  static Stream<SequencerState> states() {
    return Stream.of(
        SequencerState.initial(),
        new SequencerState(20, 10, OptionalLong.of(15), OptionalDouble.of(0.5), true),
        new SequencerState(
            20, 20, OptionalLong.of(0), OptionalDouble.of(Double.POSITIVE_INFINITY), false));
  }

  @ParameterizedTest
  @MethodSource("states")
  void writtenStateIsReadAgain(SequencerState state) throws IOException {
    byte[] written = JSON.writeValueAsBytes(SequenceJson.of(state));
    assertThat(SequenceJson.parse(JSON.readTree(written))).isEqualTo(state);
  }

  @Test
  void missingCountIsNamed() {
    assertThatThrownBy(() -> SequenceJson.parse(JSON.readTree("{\"batches_saved\": 1}")))
        .hasMessage("expected a whole number 'batches_trained', found none");
  }
}
