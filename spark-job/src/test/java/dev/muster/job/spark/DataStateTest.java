package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.muster.trial.data.Dataset;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What a checkpoint says of the order of the data, and when a resume may not go on with it. */
class DataStateTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Dataset bare = Dataset.of("digits", spark -> spark.emptyDataFrame());

  private static final ShardHash HASH = new ShardHash(1, 2, 3, 4);

  private static DataState.Part of(Dataset dataset, ShardHash... hashes) {
    return new DataState.Part(
        300,
        12,
        dataset.isShuffled() ? OptionalLong.of(7) : OptionalLong.empty(),
        dataset.pipeline().shuffleWindow(),
        dataset.pipeline().ofPass(),
        true,
        "f00",
        List.of(hashes));
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
      DataState state = new DataState(of(dataset, HASH), of(bare));
      assertThat(again(state)).isEqualTo(state);
    }
    assertThat(new DataState(of(bare.shuffleWindow(50).skip(1), HASH), of(bare)).json())
        .containsEntry(
            "training",
            Map.of(
                "records",
                300L,
                "logical_shards",
                12,
                "shuffle_seed",
                7L,
                "shuffle_window",
                50,
                "pass_skip",
                1L,
                "layout",
                "f00",
                "shards",
                List.of("0000000000000001000000000000000200000000000000030000000000000004")));
  }

  @Test
  void anotherWindowOrPartOfAPassIsAnotherOrder() {
    DataState.Part state = of(bare.shuffleWindow(50).take(200));

    for (Dataset other :
        List.of(
            bare.shuffleWindow(60).take(200),
            bare.shuffle().take(200),
            bare.shuffleWindow(50).take(100))) {
      assertThat(of(other).order()).isNotEqualTo(state.order());
    }
    assertThat(of(bare.shuffleWindow(50).take(200).batch().dropRemainder()))
        .as("batches may have another size or ending")
        .isEqualTo(state);
    assertThat(state.passRecords()).isEqualTo(200);
  }

  @Test
  void differencesAreToldFirstRecordsThenTheirHashes() {
    DataState.Part state = of(bare, HASH, HASH);
    assertThat(state.differenceTo(state)).isEmpty();
    assertThat(state.differenceTo(of(bare, HASH, new ShardHash(1, 2, 3, 5))))
        .contains("logical shard 1 of 2 (records 1, 3, 5, …) has other bytes than before");
  }
}
