package dev.muster.job.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigRoundTripTest {
  private static final ExperimentConfig BASE = base();

  private static ExperimentConfig base() {
    try {
      return ExperimentConfig.parse(
          """
          name: a
          entrypoint: a.B
          hyperparameters: {global_batch_size: 8}
          searcher: {metric: loss, max_length: {epochs: 5}}
          checkpoint_storage: {path: p}
          """,
          "e.yaml");
    } catch (ConfigException e) {
      throw new IllegalStateException(e);
    }
  }

  @Property(tries = 200)
  void writtenConfigurationReadsAsTheSameWhateverItsValues(
      @ForAll("maps") Map<String, Object> data,
      @ForAll("maps") Map<String, Object> hyperparameters,
      @ForAll("texts") String description)
      throws ConfigException {
    Map<String, Object> named = new LinkedHashMap<>();
    hyperparameters.forEach((key, value) -> named.put(key.replace('.', '_'), value));
    named.keySet().remove("type");
    named.put("global_batch_size", 8L);
    ExperimentConfig config =
        new ExperimentConfig(
            BASE.name(),
            description,
            BASE.labels(),
            BASE.entrypoint(),
            named,
            BASE.searcher(),
            data,
            BASE.schedulingUnit(),
            Optional.of(9L),
            Optional.of(new Length.Records(5)),
            BASE.minCheckpointPeriod(),
            true,
            CheckpointPolicy.NONE,
            BASE.checkpointStoragePath(),
            new Optimizations(4, false, false),
            BASE.slotsPerTrial(),
            1,
            BASE.waitForSlots(),
            BASE.progressTimeout(),
            new EncodedData(1, 50),
            BASE.checkVariablesEvery(),
            OptionalLong.of(5));
    assertThat(ExperimentConfig.parse(config.toYaml(), "again.yaml")).isEqualTo(config);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "source_trial_id=digits-1/12",
        "source_checkpoint_uuid=01234567-89ab-cdef-0123-456789abcdef"
      })
  void sourceOfAWarmStartIsWritten(String source) throws ConfigException {
    ExperimentConfig config =
        ExperimentConfig.parse(BASE.toYaml(), "e.yaml", List.of("searcher." + source));
    assertThat(config.searcher().source()).isPresent();
    assertThat(ExperimentConfig.parse(config.toYaml(), "again.yaml")).isEqualTo(config);
  }

  @Provide
  Arbitrary<Map<String, Object>> maps() {
    return mapsOf(
        Arbitraries.oneOf(
            scalars(),
            scalars().list().ofMaxSize(3).map(list -> (Object) list),
            mapsOf(scalars()).map(map -> (Object) map)));
  }

  private static Arbitrary<Map<String, Object>> mapsOf(Arbitrary<Object> values) {
    Arbitrary<String> keys = words().filter(key -> !key.contains(".") && !key.equals("<<"));
    return Arbitraries.maps(Arbitraries.oneOf(keys, Arbitraries.just("type")), values).ofMaxSize(4);
  }

  private static Arbitrary<Object> scalars() {
    return Arbitraries.oneOf(
        Arbitraries.longs().map(v -> (Object) v),
        Arbitraries.doubles().map(v -> (Object) v),
        Arbitraries.of(Double.NaN, Double.NEGATIVE_INFINITY, 1e-300, 1e300).map(v -> (Object) v),
        Arbitraries.of(true, false).map(v -> (Object) v),
        words().map(v -> (Object) v));
  }

  @Provide
  Arbitrary<String> texts() {
    return words();
  }

  private static Arbitrary<String> words() {
    return Arbitraries.oneOf(
        Arbitraries.of(
            "",
            " ",
            "null",
            "~",
            "yes",
            "off",
            "true",
            "010",
            "1e3",
            "1_000",
            "0x1F",
            "1:30",
            "2026-01-02",
            ".5",
            "- a",
            "a: b",
            "a #b",
            "*x",
            "&x",
            "!t",
            "%",
            "@",
            "'",
            "\"",
            "\n",
            "a\nb\n",
            "\t",
            " lead",
            "trail ",
            "<<",
            "=",
            "---",
            "é",
            "\uD83D\uDE00",
            "\u0007",
            "\u0085",
            "\u2028",
            "\uFEFF"),
        Arbitraries.strings().ascii().ofMaxLength(8));
  }
}
