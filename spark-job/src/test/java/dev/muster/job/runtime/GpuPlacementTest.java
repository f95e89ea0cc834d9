package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.collective.Collective;
import dev.muster.trial.Mode;
import dev.muster.trial.RunConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.DeviceSpec;
import org.tensorflow.Graph;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;

/** A replica whose slot has a GPU: down to its graph's nodes and its session's settings. */
class GpuPlacementTest {
  private static final GpuDevice SECOND = new GpuDevice(1, "2,3");

  private static final int RECORDS = 24;
  private static final TrainedSlots LAYERS =
      new TrainedSlots(
          LayersTrial.class,
          Path.of("unused"),
          RECORDS,
          Map.of("global_batch_size", 12, "norm", "trained", "ids", 4),
          Map.of());

  @TempDir Path folder;

  @BeforeAll
  static void loadTensorFlow() {
    TensorFlowRuntime.prepare(Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
  }

  private ReplicaSettings on(GpuDevice gpu) {
    return new ReplicaSettings(1, folder, List.of(), gpu);
  }

  @Test
  void theSessionGrowsOnTheExecutorsGpusAndPlacesSoftly() {
    ConfigProto config =
        TensorFlowRuntime.sessionConfig(on(SECOND), RunConfig.defaults().strictPlacement());
    assertThat(config.getGpuOptions().getAllowGrowth()).isTrue();
    assertThat(config.getGpuOptions().getVisibleDeviceList()).isEqualTo("2,3");
    assertThat(config.getAllowSoftPlacement()).isTrue();
    assertThat(config.getDeviceCountMap()).isEmpty();
  }

  @Test
  void theSessionOfASlotOnTheCpuSeesNoGpu() {
    ConfigProto config =
        TensorFlowRuntime.sessionConfig(new ReplicaSettings(1, folder), RunConfig.defaults());
    assertThat(config.getDeviceCountMap()).isEqualTo(Map.of("GPU", 0));
    assertThat(config.hasGpuOptions()).isFalse();
  }

  @Test
  void allNodesOfTheTrainingGraphAreOnTheSlotsGpu() {
    TrialDefinition definition = LAYERS.definition(2);
    SlotTrialContext context = new SlotTrialContext(definition, 1, 0);
    TrialObjects trial = TrialObjects.build(definition, context);
    try (ModelGraph train = ModelGraph.build(Mode.TRAIN, trial, definition, context)) {
      assertThat(devices(train.graph().toGraphDef())).containsExactly("");

      train.place(SECOND);

      GraphDef placed = train.graph().toGraphDef();
      assertThat(devices(placed)).containsExactly("/device:GPU:1");
      assertThat(placed.getNodeList())
          .as("gradients, which TensorFlow adds by itself, are among them")
          .anyMatch(node -> node.getName().startsWith("gradients"))
          .anyMatch(node -> node.getOp().startsWith("QueueEnqueue"));
      assertThat(devices(train.definition())).as("in a file").containsExactly("");
    }
  }

  @Test
  void aDeviceThatTheModelNamesItselfStays() {
    try (Graph graph = new Graph()) {
      Ops tf = Ops.create(graph);
      DeviceSpec cpu =
          DeviceSpec.newBuilder().deviceType(DeviceSpec.DeviceType.CPU).deviceIndex(0).build();
      String named = tf.withDevice(cpu).constant(1f).op().name();
      String other = tf.constant(2f).op().name();
      graph
          .operations()
          .forEachRemaining(op -> TensorFlowInternals.place(graph, op, SECOND.name()));

      assertThat(device(graph, named)).isEqualTo("/device:CPU:0");
      assertThat(device(graph, other)).isEqualTo("/device:GPU:1");
    }
  }

  private static String device(Graph graph, String name) {
    return graph.toGraphDef().getNodeList().stream()
        .filter(node -> node.getName().equals(name))
        .map(NodeDef::getDevice)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aPlacedReplicaTrainsValidatesAndSavesOnAMachineWithoutGpus() throws Exception {
    Map<String, float[]> onTheCpu = trained("plain", null);
    Map<String, float[]> placed = trained("placed", SECOND);

    TrainedSlots.assertSameBits(placed, onTheCpu);
    Path graph = folder.resolve("placed").resolve("c").resolve("graph").resolve("train.pb");
    assertThat(devices(GraphDef.parseFrom(Files.readAllBytes(graph)))).containsExactly("");
  }

  private Map<String, float[]> trained(String name, @Nullable GpuDevice gpu) throws Exception {
    Path directory = Files.createDirectory(folder.resolve(name));
    try (Replica replica =
        Replica.build(
            LAYERS.definition(1),
            0,
            new ReplicaSettings(1, directory, List.of(), gpu),
            Clusters.data(directory, RECORDS, 0, 1))) {
      replica.initialize();
      replica.join(Collective.single(), Set.of());
      replica.train(5, Clusters.QUIET);
      assertThat(replica.evaluate(Clusters.QUIET)).isNotEmpty();
      replica.checkpoint(Files.createDirectory(directory.resolve("c")), Map.of());
      replica.train(5, Clusters.QUIET);
      assertThat(replica.hasItsDevice()).isEqualTo(gpu == null);
      return replica.variables();
    }
  }

  private static Set<String> devices(GraphDef graph) {
    return graph.getNodeList().stream().map(NodeDef::getDevice).collect(Collectors.toSet());
  }
}
