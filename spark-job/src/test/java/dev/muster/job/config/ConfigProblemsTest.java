package dev.muster.job.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ConfigProblemsTest {
  private static final String GOOD =
      """
      name: digits
      entrypoint: com.example.Digits
      hyperparameters: {global_batch_size: 8}
      searcher: {metric: loss, max_length: {batches: 100}}
      checkpoint_storage: {path: hdfs:///e}
      """;

  private static List<String> problems(String yaml, String... overrides) {
    try {
      ExperimentConfig.parse(yaml, "e.yaml", List.of(overrides));
      return List.of();
    } catch (ConfigException e) {
      List<String> problems = e.problems().stream().map(Problem::toString).toList();
      assertThat(e).hasMessage(String.join("\n", problems));
      return problems;
    }
  }

  @ParameterizedTest(name = "{0} -> {1}")
  @MethodSource("replacements")
  void wrongValueInPlaceOfAGoodOneIsReported(String good, String wrong, String problem) {
    assertThat(GOOD).contains(good);
    assertThat(problems(GOOD.replace(good, wrong))).containsExactly(problem);
  }

  static Stream<Arguments> replacements() {
    return Stream.of(
        Arguments.of("name: digits\n", "", "e.yaml:1:1 name: is required: the experiment's name"),
        Arguments.of(
            "digits",
            "' '",
            "e.yaml:1:7 name: expected a string that is not blank (the experiment's name), found"
                + " string ' '"),
        Arguments.of(
            "name: digits",
            "name:",
            "e.yaml:1:6 name: expected a string that is not blank (the experiment's name), found"
                + " nothing"),
        Arguments.of(
            "name: digits",
            "name: !java.net.URL [x]",
            "e.yaml:1:7 name: expected a plain value, found the tag !java.net.URL"),
        Arguments.of(
            "entrypoint: com.example.Digits\n",
            "",
            "e.yaml:1:1 entrypoint: is required: the trial's class, with its package"),
        Arguments.of(
            "com.example.Digits",
            "model_def:Digits",
            "e.yaml:2:13 entrypoint: expected the name of a Java class, found string"
                + " 'model_def:Digits'"),
        Arguments.of(
            "hyperparameters: {global_batch_size: 8}\n",
            "",
            "e.yaml:1:1 hyperparameters.global_batch_size: is a required hyperparameter: the"
                + " records in one batch over all slots, an integer >= 1"),
        Arguments.of(
            "{global_batch_size: 8}",
            "{rate: 1}",
            "e.yaml:3:18 hyperparameters.global_batch_size: is a required hyperparameter: the"
                + " records in one batch over all slots, an integer >= 1"),
        Arguments.of(
            "{global_batch_size: 8}",
            "8",
            "e.yaml:3:18 hyperparameters: expected a map, found integer 8"),
        Arguments.of(
            ": 8",
            ": 8.0",
            "e.yaml:3:38 hyperparameters.global_batch_size: expected an integer >= 1, found number"
                + " 8.0"),
        Arguments.of(
            ": 8",
            ": 0",
            "e.yaml:3:38 hyperparameters.global_batch_size: expected an integer >= 1, found integer"
                + " 0"),
        Arguments.of(
            ": 8",
            ": 3000000000",
            "e.yaml:3:38 hyperparameters.global_batch_size: expected an integer <= 2147483647,"
                + " found integer 3000000000"),
        Arguments.of(
            ": 8",
            ": {type: const, val: eight}",
            "e.yaml:3:57 hyperparameters.global_batch_size: expected an integer >= 1, found string"
                + " 'eight'"),
        Arguments.of(
            ": 8",
            ": {type: const}",
            "e.yaml:3:38 hyperparameters.global_batch_size.val: is required: the constant's value"),
        Arguments.of(
            ": 8",
            ":",
            "e.yaml:3:37 hyperparameters.global_batch_size: expected a value, found nothing"),
        Arguments.of(
            ": 8",
            ": {type: int, minval: 1, maxval: 9}",
            "e.yaml:3:45 hyperparameters.global_batch_size.type: expected const, found int, which"
                + " needs a searcher that draws values; searcher single takes constants only"),
        Arguments.of(
            "metric: loss, ",
            "",
            "e.yaml:4:11 searcher.metric: is required: the name of a validation metric"),
        Arguments.of(
            ", max_length: {batches: 100}",
            "",
            "e.yaml:4:11 searcher.max_length: is required: one of batches, records, epochs"),
        Arguments.of(
            "{batches: 100}",
            "100",
            "e.yaml:4:38 searcher.max_length: expected a map with one of batches, records, epochs,"
                + " found integer 100"),
        Arguments.of(
            "{batches: 100}",
            "{}",
            "e.yaml:4:38 searcher.max_length: expected exactly one of batches, records, epochs,"
                + " found none"),
        Arguments.of(
            "{batches: 100}",
            "{batches: 100, epochs: 2}",
            "e.yaml:4:38 searcher.max_length: expected exactly one of batches, records, epochs,"
                + " found batches and epochs"),
        Arguments.of(
            "{batches: 100}",
            "{batchs: 100}",
            "e.yaml:4:39 searcher.max_length.batchs: unknown key; did you mean batches?"),
        Arguments.of(
            "{batches: 100}",
            "{batches: 0}",
            "e.yaml:4:48 searcher.max_length.batches: expected an integer >= 1, found integer 0"),
        Arguments.of(
            "{batches: 100}",
            "{batches: 99999999999999999999}",
            "e.yaml:4:48 searcher.max_length.batches: expected an integer of 64 bits, found"
                + " 99999999999999999999"),
        Arguments.of(
            "metric: loss",
            "metric: loss, name: adaptive_asha",
            "e.yaml:4:32 searcher.name: searcher adaptive_asha is not supported yet; use single"),
        Arguments.of(
            "metric: loss",
            "metric: loss, name: singel",
            "e.yaml:4:32 searcher.name: expected one of single, found string 'singel'; did you mean"
                + " single?"),
        Arguments.of(
            "metric: loss",
            "metric: loss, smaller_is_better: no",
            "e.yaml:4:45 searcher.smaller_is_better: expected true or false, found string 'no'"),
        Arguments.of(
            "checkpoint_storage: {path: hdfs:///e}\n",
            "",
            "e.yaml:1:1 checkpoint_storage.path: is required: a Hadoop path for the experiment's"
                + " files"),
        Arguments.of(
            "{path: hdfs:///e}",
            "hdfs:///e",
            "e.yaml:5:21 checkpoint_storage: expected a map, found string 'hdfs:///e'"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("additions")
  void wrongLineAddedIsReported(String line, String problem) {
    assertThat(problems(GOOD + line)).containsExactly(problem);
  }

  static Stream<Arguments> additions() {
    return Stream.of(
        Arguments.of("sercher: 1", "e.yaml:6:1 sercher: unknown key; did you mean searcher?"),
        Arguments.of(
            "maxrestarts: 1", "e.yaml:6:1 maxrestarts: unknown key; did you mean max_restarts?"),
        Arguments.of(
            "zzz: 1",
            "e.yaml:6:1 zzz: unknown key; expected one of name, description, labels, entrypoint,"
                + " hyperparameters, searcher, data, scheduling_unit, records_per_epoch,"
                + " min_validation_period, min_checkpoint_period, perform_initial_validation,"
                + " checkpoint_policy, checkpoint_storage, optimizations, resources, debug,"
                + " reproducibility"),
        Arguments.of("name: again", "e.yaml:6:1 name: expected each key once, found it again"),
        Arguments.of("1: x", "e.yaml:6:1: expected a string as key, found '1'; put it in quotes"),
        Arguments.of(
            "data: {[a]: 1}",
            "e.yaml:6:8 data: expected a string as key, found a map or list; put it in quotes"),
        Arguments.of(
            "data: {<<: {a: 1}}",
            "e.yaml:6:8 data.<<: expected a key, found a merge key, which YAML 1.2 has not"),
        Arguments.of(
            "data: &d {a: *d}",
            "e.yaml:6:7 data.a: expected a value, found an alias of a map or list that it stands"
                + " in"),
        Arguments.of(
            "data: {a: [1, null]}", "e.yaml:6:15 data.a[1]: expected a value, found nothing"),
        Arguments.of("data: [a]", "e.yaml:6:7 data: expected a map, found a list"),
        Arguments.of(
            "data: {a: !!int x}", "e.yaml:6:11 data.a: expected an integer of 64 bits, found x"),
        Arguments.of(
            "description: 5", "e.yaml:6:14 description: expected a string, found integer 5"),
        Arguments.of(
            "labels: a", "e.yaml:6:9 labels: expected a list of strings, found string 'a'"),
        Arguments.of(
            "labels: [a, 2.5]", "e.yaml:6:13 labels[1]: expected a string, found number 2.5"),
        Arguments.of(
            "scheduling_unit: many",
            "e.yaml:6:18 scheduling_unit: expected an integer >= 1, found string 'many'"),
        Arguments.of(
            "scheduling_unit: 2147483648",
            "e.yaml:6:18 scheduling_unit: expected an integer <= 2147483647, found integer"
                + " 2147483648"),
        Arguments.of(
            "records_per_epoch: -1",
            "e.yaml:6:20 records_per_epoch: expected an integer >= 1, found integer -1"),
        Arguments.of(
            "min_validation_period: {epochs: {}}",
            "e.yaml:6:33 min_validation_period.epochs: expected an integer >= 1, found a map"),
        Arguments.of(
            "min_checkpoint_period: []",
            "e.yaml:6:24 min_checkpoint_period: expected a map with one of batches, records,"
                + " epochs, found a list"),
        Arguments.of(
            "perform_initial_validation: 1",
            "e.yaml:6:29 perform_initial_validation: expected true or false, found integer 1"),
        Arguments.of(
            "checkpoint_policy: bets",
            "e.yaml:6:20 checkpoint_policy: expected one of best, all, none, found string 'bets';"
                + " did you mean best?"),
        Arguments.of(
            "checkpoint_policy: true",
            "e.yaml:6:20 checkpoint_policy: expected one of best, all, none, found boolean true"),
        Arguments.of(
            "resources: {slots: 2}",
            "e.yaml:6:13 resources.slots: unknown key; expected one of slots_per_trial,"
                + " gpus_per_slot, wait_for_slots_s, progress_timeout_s, data_copies,"
                + " data_disk_percent"),
        Arguments.of(
            "resources: {data_copies: 3}",
            "e.yaml:6:26 resources.data_copies: expected 1 or 2, found 3"),
        Arguments.of(
            "resources: {data_disk_percent: 101}",
            "e.yaml:6:32 resources.data_disk_percent: expected at most 100, found 101"),
        Arguments.of(
            "resources: {slots_per_trial: 9}",
            "e.yaml:3:38 hyperparameters.global_batch_size: expected an integer >= 9 (one record"
                + " for each of resources.slots_per_trial), found integer 8"),
        Arguments.of(
            "resources: {gpus_per_slot: 2}",
            "e.yaml:6:28 resources.gpus_per_slot: expected 0 or 1, found 2: a replica's graph is"
                + " placed on one GPU; for more GPUs raise slots_per_trial"),
        Arguments.of(
            "resources: {wait_for_slots_s: 0.5}",
            "e.yaml:6:31 resources.wait_for_slots_s: expected an integer >= 1, found number 0.5"),
        Arguments.of(
            "debug: {check_variables_every: -1}",
            "e.yaml:6:32 debug.check_variables_every: expected an integer >= 0, found integer -1"),
        Arguments.of(
            "reproducibility: {experiment_seed: -1}",
            "e.yaml:6:36 reproducibility.experiment_seed: expected an integer >= 0, found integer"
                + " -1"),
        Arguments.of(
            "optimizations: {aggregation_frequency: 0}",
            "e.yaml:6:40 optimizations.aggregation_frequency: expected an integer >= 1, found integer"
                + " 0"),
        Arguments.of(
            "optimizations: {average_aggregated_gradients: 4}",
            "e.yaml:6:47 optimizations.average_aggregated_gradients: expected true or false, found"
                + " integer 4"),
        Arguments.of(
            "reproducibility: {seed: 1}",
            "e.yaml:6:19 reproducibility.seed: unknown key; expected one of experiment_seed"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("laterKeys")
  void keyOfALaterVersionIsRefusedByName(String line, String place) {
    assertThat(problems(GOOD + line))
        .containsExactly("e.yaml:6:" + place + ": is not supported yet");
  }

  static Stream<Arguments> laterKeys() {
    return Stream.of(
        Arguments.of("max_restarts: 5", "1 max_restarts"),
        Arguments.of("environment: {a: 1}", "1 environment"),
        Arguments.of("profiling: {}", "1 profiling"),
        Arguments.of(
            "optimizations: {gradient_compression: none}", "17 optimizations.gradient_compression"),
        Arguments.of(
            "optimizations: {tensor_fusion_threshold: 1}",
            "17 optimizations.tensor_fusion_threshold"),
        Arguments.of("resources: {min_slots_per_trial: 1}", "13 resources.min_slots_per_trial"),
        Arguments.of("resources: {collective: }", "13 resources.collective"),
        Arguments.of(
            "resources: {collective: {port_range: 1}}", "26 resources.collective.port_range"),
        Arguments.of(
            "resources: {collective: {bind_address: a}}", "26 resources.collective.bind_address"));
  }

  @Test
  void everyLaterKeyOfSearcherAndStorageIsRefusedByName() {
    for (String key :
        List.of(
            "max_trials",
            "max_concurrent_trials",
            "mode",
            "divisor",
            "max_rungs",
            "stop_once",
            "bracket_rungs")) {
      assertThat(problems(GOOD.replace("metric: loss", "metric: loss, " + key + ": 1")))
          .containsExactly("e.yaml:4:26 searcher." + key + ": is not supported yet");
    }
    for (String key : List.of("save_experiment_best", "save_trial_best", "save_trial_latest")) {
      assertThat(problems(GOOD.replace("path:", key + ": 1, path:")))
          .containsExactly("e.yaml:5:22 checkpoint_storage." + key + ": is not supported yet");
    }
  }

  @Test
  void sourceOfAWarmStartIsAUuidOrATrialOfAnExperiment() {
    assertThat(problems(GOOD.replace("metric: loss", "metric: loss, source_checkpoint_uuid: 3f2a")))
        .containsExactly(
            "e.yaml:4:50 searcher.source_checkpoint_uuid: expected a checkpoint's UUID, found string '3f2a'");
    for (String text : List.of("digits", "digits/0", "a/b/1")) {
      assertThat(problems(GOOD.replace("metric: loss", "metric: loss, source_trial_id: " + text)))
          .containsExactly(
              "e.yaml:4:43 searcher.source_trial_id: expected EXPERIMENT_ID/TRIAL, e.g. digits-20260131-120000-000/1, found string '"
                  + text
                  + "'");
    }
    String uuid = "01234567-89ab-cdef-0123-456789abcdef";
    assertThat(
            problems(
                GOOD.replace(
                    "metric: loss",
                    "metric: loss, source_trial_id: a/1, source_checkpoint_uuid: " + uuid)))
        .containsExactly(
            "e.yaml:4:43 searcher.source_trial_id: expected one source at most, found source_checkpoint_uuid too");
  }

  @Test
  void hyperparametersTakeConstantsOnly() {
    assertThat(
            problems(
                GOOD.replace(
                    "{global_batch_size: 8}",
                    """

                      global_batch_size: 8
                      a: {type: int, minval: 1, maxval: 2}
                      b: {type: double, minval: 1, maxval: 2}
                      c: {type: log, base: 10, minval: -4, maxval: -1}
                      group:
                        d: {type: categorical, vals: [1, 2]}
                        e: {type: cnst, val: 1}
                        f: {type: const, val: 1, vals: 2}
                      x.y: 1
                    """)))
        .containsExactly(
            "e.yaml:5:13 hyperparameters.a.type: expected const, found int, which needs a searcher"
                + " that draws values; searcher single takes constants only",
            "e.yaml:6:13 hyperparameters.b.type: expected const, found double, which needs a"
                + " searcher that draws values; searcher single takes constants only",
            "e.yaml:7:13 hyperparameters.c.type: expected const, found log, which needs a searcher"
                + " that draws values; searcher single takes constants only",
            "e.yaml:9:15 hyperparameters.group.d.type: expected const, found categorical, which"
                + " needs a searcher that draws values; searcher single takes constants only",
            "e.yaml:10:15 hyperparameters.group.e.type: expected const, found string 'cnst'; did"
                + " you mean const?",
            "e.yaml:11:30 hyperparameters.group.f.vals: unknown key; did you mean val?",
            "e.yaml:12:3 hyperparameters.x.y: expected a name without a dot, found 'x.y'; a dot"
                + " separates nested groups");
  }

  @Test
  void allProblemsAreReportedAtOnceInTheFilesOrder() {
    assertThat(
            problems(
                """
                nam: digits
                hyperparameters: {global_batch_size: none}
                searcher: {metric: 1}
                checkpoint_policy: sometimes
                max_restarts: 3
                """,
                "resources.slots_per_trial=two",
                "nam=x"))
        .containsExactly(
            "e.yaml:1:1 name: is required: the experiment's name",
            "e.yaml:1:1 entrypoint: is required: the trial's class, with its package",
            "e.yaml:1:1 checkpoint_storage.path: is required: a Hadoop path for the experiment's"
                + " files",
            "e.yaml:2:38 hyperparameters.global_batch_size: expected an integer >= 1, found string"
                + " 'none'",
            "e.yaml:3:11 searcher.max_length: is required: one of batches, records, epochs",
            "e.yaml:3:20 searcher.metric: expected a string that is not blank (the name of a"
                + " validation metric), found integer 1",
            "e.yaml:4:20 checkpoint_policy: expected one of best, all, none, found string"
                + " 'sometimes'",
            "e.yaml:5:1 max_restarts: is not supported yet",
            "--config resources.slots_per_trial: expected an integer >= 1, found string 'two'",
            "--config nam: unknown key; did you mean name?");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("overrides")
  void wrongOverrideIsReportedAtItsKey(String override, String problem) {
    assertThat(problems(GOOD, override)).containsExactly(problem);
  }

  static Stream<Arguments> overrides() {
    return Stream.of(
        Arguments.of(
            "scheduling_unit",
            "--config scheduling_unit: expected KEY=VALUE with a dotted key, found 'scheduling_unit'"),
        Arguments.of(
            "a..b=1", "--config a..b: expected KEY=VALUE with a dotted key, found 'a..b=1'"),
        Arguments.of(
            "scheduling_unit=",
            "--config scheduling_unit: expected an integer >= 1, found nothing"),
        Arguments.of("name.x=1", "--config name.x: expected a map at name, found string 'digits'"),
        Arguments.of(
            "searcher.metrc=a", "--config searcher.metrc: unknown key; did you mean metric?"),
        Arguments.of("max_restarts=1", "--config max_restarts: is not supported yet"),
        Arguments.of(
            "searcher.max_length={epoch: 1}",
            "--config searcher.max_length searcher.max_length.epoch: unknown key; did you mean"
                + " epochs?"),
        Arguments.of(
            "searcher.max_length.epochs=3",
            "e.yaml:4:38 searcher.max_length: expected exactly one of batches, records, epochs,"
                + " found batches and epochs"),
        Arguments.of(
            "data.x=[1",
            "--config data.x: expected YAML, found an error: while parsing a flow sequence:"
                + " expected ',' or ']', but got <stream end>"));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("broken")
  void textThatIsNoMapIsReportedWithItsPlace(String yaml, String problem) {
    assertThat(problems(yaml, "name=x")).containsExactly(problem);
  }

  static Stream<Arguments> broken() {
    return Stream.of(
        Arguments.of("", "e.yaml:1:1: expected a map of keys, found nothing"),
        Arguments.of("# only a comment\n", "e.yaml:1:1: expected a map of keys, found nothing"),
        Arguments.of("- a\n", "e.yaml:1:1: expected a map of keys, found a list"),
        Arguments.of("hello", "e.yaml:1:1: expected a map of keys, found string 'hello'"),
        Arguments.of(
            "name: a: b\n",
            "e.yaml:1:8: expected YAML, found an error: mapping values are not allowed here"),
        Arguments.of(
            "name: a\nlabels: [x\n",
            "e.yaml:3:1: expected YAML, found an error: while parsing a flow sequence: expected"
                + " ',' or ']', but got <stream end>"),
        Arguments.of(
            "a: 1\n---\nb: 2\n",
            "e.yaml:2:1: expected YAML, found an error: expected a single document in the stream:"
                + " but found another document"),
        Arguments.of(
            "a: *b\n", "e.yaml:1:4: expected YAML, found an error: found undefined alias b"));
  }

  @Test
  void exceptionsMessageHoldsOneProblemALine() {
    assertThatExceptionOfType(ConfigException.class)
        .isThrownBy(
            () -> ExperimentConfig.parse(GOOD + "profiling: 1\nlabels: \"a\\nb\"\n", "e.yaml"))
        .withMessage(
            """
            e.yaml:6:1 profiling: is not supported yet
            e.yaml:7:9 labels: expected a list of strings, found string 'a\\nb'""");
  }
}
