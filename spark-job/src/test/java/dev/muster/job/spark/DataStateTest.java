package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.trial.data.Dataset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a checkpoint says of the order of the data, and when a resume may not go on with it. */
class DataStateTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Dataset bare = Dataset.of("digits", spark -> spark.emptyDataFrame());

  private static DataState of(Dataset dataset) {
    return DataState.of(new ShardLocation(1, 300, 12, "f00", List.of(1L)), dataset, 7);
  }

  private static DataState again(DataState state) {
    return DataState.parse(JSON.valueToTree(state.json()));
  }

  @Test
  void stateIsReadAsItWasWritten() {
    for (Dataset dataset :
        List.of(
            bare,
            bare.shuffle(),
            bare.shuffleWindow(50, 3),
            bare.shuffle().skip(10).take(200),
            bare.shuffle().take(200))) {
      assertThat(again(of(dataset))).isEqualTo(of(dataset));
    }
    assertThat(of(bare.shuffleWindow(50).skip(1)).json())
        .isEqualTo(
            Map.of(
                "training",
                Map.of(
                    "records", 300L,
                    "logical_shards", 12,
                    "shuffle_seed", 7L,
                    "shuffle_window", 50,
                    "pass_skip", 1L,
                    "layout", "f00")));
  }

  @Test
  void anotherWindowOrPartOfAPassIsAnotherOrder() {
    DataState state = of(bare.shuffleWindow(50).take(200));

    assertThat(of(bare.shuffleWindow(60).take(200))).isNotEqualTo(state);
    assertThat(of(bare.shuffle().take(200))).isNotEqualTo(state);
    assertThat(of(bare.shuffleWindow(50).take(100))).isNotEqualTo(state);
    assertThat(of(bare.shuffleWindow(50).take(200).batch().dropRemainder()))
        .as("batches may have another size or ending")
        .isEqualTo(state);
    assertThat(state.passRecords()).isEqualTo(200);
  }
}
