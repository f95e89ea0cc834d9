package dev.muster.job.cli;

import static dev.muster.job.cli.BadInput.command;
import static dev.muster.job.cli.BadInput.config;
import static dev.muster.job.cli.BadInput.fault;

import java.util.List;
import java.util.stream.Stream;

/** All mistakes that are tried. */
final class BadInputs {
  private static final String TRIAL = "dev.muster.job.cli.FaultyTrial";
  private static final String MODEL_LINE = "(at dev.muster.job.cli.FaultyModel.";

  /** The configuration without a fault. */
  static final String GOOD =
      """
      name: bad input
      entrypoint: dev.muster.job.cli.FaultyTrial
      hyperparameters: {global_batch_size: 4, fault: none}
      searcher: {name: single, metric: loss, max_length: {batches: 4}}
      checkpoint_storage: {path: "@WORK@/experiments"}
      resources: {slots_per_trial: 2}
      reproducibility: {experiment_seed: 1}
      """;

  private BadInputs() {}

  static List<BadInput> all() {
    return Stream.of(
            files(),
            configurations(),
            clusters(),
            storages(),
            jars(),
            entrypoints(),
            buildMethods(),
            models(),
            data(),
            runs())
        .flatMap(List::stream)
        .toList();
  }

  private static List<BadInput> files() {
    return List.of(
        command("noCommand", List.of(), "Cannot understand the command line: a command is missing"),
        command("noFile", List.of("run"), "'EXPERIMENT.yaml'", "'muster run --help'"),
        command("unknownOption", List.of("run", "x.yaml", "--nmae", "y"), "'--nmae'"),
        command(
            "missingFile",
            List.of("run", "no/such.yaml"),
            "Cannot read experiment file no/such.yaml: there is no such file in /",
            "; correct the path"),
        command(
                "missingFileInClusterMode",
                List.of("run", "conf/such.yaml"),
                "Cannot read experiment file conf/such.yaml: there is no such file in /",
                "spark-submit --deploy-mode cluster --files conf/such.yaml … run such.yaml")
            .on("spark.submit.deployMode", "cluster"),
        command(
                "missingFileInClusterModeOfStandalone",
                List.of("run", "conf/such.yaml"),
                "Cannot read experiment file conf/such.yaml: there is no such file in /",
                "a standalone cluster does not bring --files to the driver",
                "run hdfs://…/such.yaml")
            .on("spark.master", "spark://127.0.0.1:1")
            .on("spark.submit.deployMode", "cluster"),
        command(
            "directory",
            List.of("run", "@WORK@"),
            "Cannot read experiment file @WORK@: expected a YAML file, found a directory"),
        command(
            "missingHadoopFile",
            List.of("run", "file:///no/such.yaml"),
            "Cannot read file:/no/such.yaml: there is no such file"),
        command(
            "unreachableHadoopFile",
            List.of("run", "hdfs://127.0.0.1:1/such.yaml"),
            "hdfs://127.0.0.1:1/such.yaml",
            "nothing answers at",
            "start the server, or correct the host and port of the path"),
        command(
            "unknownHadoopScheme",
            List.of("run", "nofs://host/such.yaml"),
            "Cannot open 'nofs://host/such.yaml'",
            "no file system for this scheme",
            "correct the scheme"));
  }

  private static List<BadInput> configurations() {
    return List.of(
        command("wrongKey", List.of(), "wrongKey.yaml:4:1", "sercher", "did you mean searcher?")
            .of(GOOD.replace("searcher:", "sercher:")),
        command(
                "unsupportedKey",
                List.of(),
                "unsupportedKey.yaml:8:1",
                "max_restarts",
                "not supported yet")
            .of(GOOD + "max_restarts: 3\n"),
        config(
            "smallGlobalBatch",
            "hyperparameters.global_batch_size=1",
            "global_batch_size",
            "expected an integer >= 2 (one record for each of resources.slots_per_trial), found integer 1"),
        config(
            "noSuchMetric",
            "searcher.metric=acuracy",
            "Cannot search by metric 'acuracy'",
            "[counts, loss]",
            "change searcher.metric"));
  }

  private static List<BadInput> clusters() {
    return List.of(
        config(
            "moreThanLocal",
            "resources.slots_per_trial=3",
            "Cannot train on 3 slots: master local[2] allows 2 at most",
            "lower resources.slots_per_trial, or submit with --master 'local[3]'"),
        good(
                "moreThanDynamic",
                "Cannot train on 2 slots",
                "spark.dynamicAllocation.maxExecutors=1 allows 1 at most",
                "raise spark.dynamicAllocation.maxExecutors to 2")
            .on("spark.master", "yarn")
            .on("spark.dynamicAllocation.enabled", "true")
            .on("spark.dynamicAllocation.maxExecutors", "1"),
        good(
                "moreThanLocalCluster",
                "Cannot train on 2 slots: master local-cluster[1,1,1024] allows 1 at most",
                "--master 'local-cluster[2,1,1024]'")
            .on("spark.master", "local-cluster[1,1,1024]"),
        good(
                "moreThanStandalone",
                "Cannot train on 2 slots: master spark://127.0.0.1:1 with spark.cores.max=1 allows 1",
                "raise spark.cores.max to 2")
            .on("spark.master", "spark://127.0.0.1:1")
            .on("spark.cores.max", "1"),
        good("settingIsNoNumber", "spark.task.cpus", "expected a whole number")
            .on("spark.task.cpus", "two"),
        good(
                "encryption",
                "Cannot encrypt the network: spark.network.crypto.enabled=true needs",
                "spark.authenticate=true, found it off; set it to true")
            .on("spark.network.crypto.enabled", "true"),
        command(
            "severalProblems",
            List.of(
                "check",
                "@WORK@/good.yaml",
                "--config",
                "resources.slots_per_trial=3",
                "--config",
                "searcher.metric=acuracy",
                "--config",
                "checkpoint_storage.path=/sys/muster"),
            "Cannot run experiment @WORK@/good.yaml: the pre-flight found 3 problems",
            "  storage: Cannot create directory file:/sys/muster/.muster-probe-",
            "  slots: Cannot train on 3 slots: master local[2] allows 2 at most",
            "  metric: Cannot search by metric 'acuracy'"));
  }

  private static BadInput good(String name, String... says) {
    return command(name, List.of("run", "@WORK@/good.yaml"), says);
  }

  private static List<BadInput> storages() {
    return List.of(
        config(
            "unreachableStorage",
            "checkpoint_storage.path=hdfs://127.0.0.1:1/experiments",
            "hdfs://127.0.0.1:1/experiments",
            "nothing answers at ",
            "start the server, or correct the host and port"),
        // sysfs takes no directory from anybody, root neither
        config(
            "readOnlyStorage",
            "checkpoint_storage.path=/sys/muster",
            "Cannot create directory file:/sys/muster/.muster-probe-",
            "choose a"),
        config(
            "storageBelowFile",
            "checkpoint_storage.path=@WORK@/good.yaml/experiments",
            "a part of the path is a file, not a directory",
            "choose another path"),
        config(
            "unknownStorageScheme",
            "checkpoint_storage.path=nofs://host/experiments",
            "Cannot open 'nofs://host/experiments'",
            "no file system for this scheme"),
        good(
                "existingName",
                "Cannot run experiment file:@WORK@/experiments/taken",
                "exists already",
                "choose another --name")
            .with("--name", "taken"),
        good("impossibleName", "'a/b'", "it has a '/' in it", "choose another --name")
            .with("--name", "a/b"));
  }

  private static List<BadInput> jars() {
    return List.of(
        bundling(
            "bundledTensorFlow",
            "org.tensorflow.TensorFlow",
            "org.tensorflow",
            "tensorflow-core-api"),
        bundling("bundledSpark", "org.apache.spark.SparkContext", "org.apache.spark", "spark-core"),
        bundling("bundledTrialApi", "dev.muster.trial.EstimatorTrial", "dev.muster", "trial-api"));
  }

  private static BadInput bundling(String name, String className, String group, String artifact) {
    return good(
            name,
            "Cannot use @WORK@/" + name + ".jar: it bundles " + group + ":" + artifact,
            "<groupId>" + group + "</groupId><artifactId>" + artifact,
            "<scope>provided</scope>")
        .bundling(className);
  }

  private static List<BadInput> entrypoints() {
    return List.of(
        config(
            "noSuchClass",
            "entrypoint=com.example.NoTrial",
            "Cannot find the trial's class 'com.example.NoTrial': no jar has it",
            "--jars"),
        config(
            "noTrial",
            "entrypoint=java.util.ArrayList",
            "Cannot use java.util.ArrayList as a trial: expected a class that extends dev.muster.trial.EstimatorTrial, found one that extends java.util.AbstractList"),
        config(
            "abstractTrial",
            "entrypoint=" + TRIAL + "$Abstract",
            "$Abstract as a trial: the class is abstract"),
        config(
            "notPublicTrial",
            "entrypoint=" + TRIAL + "$NotPublic",
            "the class is not public; declare it 'public class'"),
        config(
            "noConstructor",
            "entrypoint=" + TRIAL + "$NoConstructor",
            "expected the constructor 'public NoConstructor(EstimatorTrialContext context)', found 'NoConstructor(EstimatorTrialContext, int)'"),
        config(
            "badStatic",
            "entrypoint=" + TRIAL + "$BadStatic",
            "its static code threw java.lang.NumberFormatException: For input string: \"three\" (at dev.muster.job.cli.FaultyTrial$BadStatic.<clinit>(FaultyTrial.java:"),
        fault(
            "constructorThrows",
            "Cannot construct "
                + TRIAL
                + ": its constructor threw java.lang.IllegalStateException: no such colour (at "
                + TRIAL
                + ".<init>(FaultyTrial.java:"),
        fault("invalidInConstructor", "more heads than units").exits(3));
  }

  private static List<BadInput> buildMethods() {
    return List.of(
        fault("nullEstimator", "Cannot build trial " + TRIAL + ": buildEstimator() returned null"),
        fault("nullTrainSpec", ": buildTrainSpec() returned null"),
        fault("nullValidationSpec", ": buildValidationSpec() returned null"),
        fault("nullReceivers", ": buildServingInputReceivers() returned null"),
        fault(
            "buildThrows",
            "buildTrainSpec() threw java.lang.NullPointerException: dataset (at "
                + TRIAL
                + ".buildTrainSpec(FaultyTrial.java:"),
        fault(
            "unwrappedTraining",
            "the data set of buildTrainSpec()",
            "not wrapped",
            "TrainSpec.of(context().wrapDataset("),
        fault(
            "unwrappedValidation",
            "the data set of buildValidationSpec()",
            "not wrapped",
            "EvalSpec.of(context().wrapDataset("),
        fault(
            "unbatched",
            "the data set of buildTrainSpec(): it has no batches; call batch() on it"));
  }

  private static List<BadInput> models() {
    return List.of(
        fault(
            "undeclared",
            "Cannot read feature 'picture' in mode TRAIN: there is none, found [image]",
            MODEL_LINE),
        fault("matMul", "in mode TRAIN its model function threw", "[?,4], [5,2]", MODEL_LINE),
        fault(
            "lossVector",
            "the loss of the TRAIN specification: expected a scalar, found shape [2]",
            MODEL_LINE),
        fault(
            "wrongSpec",
            "in mode EVAL: expected EstimatorSpec.eval(…), found EstimatorSpec.train(…)"),
        fault("nullSpec", "in mode TRAIN: expected EstimatorSpec.train(…), found null"),
        fault(
            "unwrappedOptimizer",
            "Cannot train on 2 slots: the training op was not built by a wrapped optimizer",
            "context().wrapOptimizer("),
        fault(
            "nullOptimizer",
            "Cannot wrap an optimizer and null",
            "the model has no optimizer; remove that call",
            MODEL_LINE),
        fault(
            "twoOptimizers",
            "wrapped optimizer 1 of 2 (Sgd) is never applied",
            "call minimize (or applyGradients) on what context().wrapOptimizer(…) returned"),
        fault(
            "foreignOptimizer",
            "Cannot wrap an optimizer of type java.lang.String: expected a"
                + " dev.muster.trial.optimizer.Optimizer",
            "use one of m.optimizers()",
            MODEL_LINE),
        fault(
            "stopGradient",
            "Cannot train variables [logits/kernel, logits/bias]: the loss",
            "does not depend on them",
            MODEL_LINE),
        fault(
            "noGradient",
            "of type SparseSoftmaxCrossEntropyWithLogits has no gradient in TensorFlow Java and cuts"
                + " off the variables [logits/kernel, logits/bias]",
            "losses().sparseSoftmaxCrossEntropy",
            MODEL_LINE),
        fault(
            "loop",
            "op 'loop/Enter' of type Enter is part of a loop",
            "cuts off the variables [logits/kernel, logits/bias]",
            "unroll the loop",
            MODEL_LINE),
        fault(
            "unrepeatableRandom",
            "of type UniformCandidateSampler in mode TRAIN: it draws random numbers",
            "draw the candidates by tf().random.randomUniformInt"),
        fault(
            "evalVariables",
            "in mode EVAL: its variables [only/here] do not exist in mode TRAIN",
            "build the same layers in every mode"),
        fault("invalidInModel", "no layer fits").exits(3));
  }

  private static List<BadInput> data() {
    return List.of(
        fault(
            "missingColumn",
            "Cannot read column 'image' of data set 'digits'",
            "found [imgae, digit, weight]",
            "did you mean imgae?"),
        fault("arrayLength", "Cannot encode record 5 of data set 'digits'", "'image'", "4", "3"),
        fault(
            "columnType",
            "Cannot read column 'image' of data set 'digits' as TFloat32",
            "found string",
            "cast it in the source"),
        fault("nullInData", "Cannot encode record 6 of data set 'digits'", "'digit'", "null"),
        fault("emptyData", "Cannot use the training data: its source has no records"),
        fault("missingData", "Cannot read data set 'digits'", "/no/such/digits"),
        fault(
            "outOfRange",
            "Cannot run step 1 on rank 0: an op of the model failed: ",
            "it is a step on the first records"),
        fault(
            "nullSource",
            "Cannot read data set 'digits': expected rows from its source, found null"));
  }

  private static List<BadInput> runs() {
    return List.of(
        fault("nan", "rank ", "the loss of step 1 is NaN on rank ", "try a smaller learning rate")
            .exits(3),
        fault(
                "hookThrows",
                "hook "
                    + TRIAL
                    + "$FaultyHook.onCheckpointEnd threw java.io.IOException: the server of notes is down (at "
                    + TRIAL
                    + "$FaultyHook.onCheckpointEnd(FaultyTrial.java:")
            .exits(3),
        fault(
                "accumulateThrows",
                "Cannot compute metric 'counts': dev.muster.job.cli.FaultyModel$Counts.accumulate threw java.lang.IllegalStateException: no bin for it",
                MODEL_LINE.replace("Model.", "Model$Counts."))
            .exits(3),
        fault(
                "reduceThrows",
                "Cannot compute metric 'counts': dev.muster.job.cli.FaultyModel$Counts.crossSlotReduce threw java.lang.IllegalStateException")
            .exits(3),
        fault(
                "reduceNull",
                "Cannot compute metric 'counts': dev.muster.job.cli.FaultyModel$Counts.crossSlotReduce returned null")
            .exits(3),
        config(
            "arrayMetric",
            "searcher.metric=counts",
            "Cannot search by metric 'counts': expected a scalar, found an array of 2, which its reducer returns",
            "set searcher.metric to another metric"));
  }
}
