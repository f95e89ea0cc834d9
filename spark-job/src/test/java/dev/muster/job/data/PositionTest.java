package dev.muster.job.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class PositionTest {
  @Test
  void encodedPositionIsReadBack() {
    Position position = new Position(3, 1L << 40);

    assertThat(position.encode()).hasSize(Position.BYTES);
    assertThat(Position.decode(position.encode())).isEqualTo(position);
  }

  @Test
  void otherBytesAreRefused() {
    assertThatThrownBy(() -> Position.decode(new byte[3]))
        .hasMessage("Cannot read a data position: expected 16 bytes, found 3");
    assertThatThrownBy(() -> new Position(0, -1)).isInstanceOf(IllegalArgumentException.class);
  }
}
