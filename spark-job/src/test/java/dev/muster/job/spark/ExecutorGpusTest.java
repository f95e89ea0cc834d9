package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.runtime.GpuDevice;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ExecutorGpusTest {
  private static final HostGpus HOST =
      HostGpus.parse("0, GPU-aa11\n1, GPU-bb22\n2, GPU-cc33\n3, GPU-dd44\n");

  private static SlotGpu gpu(ExecutorGpus executor, String address) {
    return executor.of(List.of(address)).orElseThrow();
  }

  @Test
  void aTaskWithoutAGpuHasNone() {
    assertThat(new ExecutorGpus(List.of("0"), null, HostGpus.UNKNOWN).of(List.of())).isEmpty();
    assertThat(ExecutorGpus.addresses(Map.of())).isEmpty();
  }

  @Test
  void twoSlotsOfAnExecutorHaveTheirDevicesAmongTheExecutorsOwn() {
    ExecutorGpus executor = new ExecutorGpus(List.of("2", "3"), null, HostGpus.UNKNOWN);

    assertThat(gpu(executor, "2"))
        .isEqualTo(new SlotGpu(new GpuName("2", ""), new GpuDevice(0, "2,3")));
    assertThat(gpu(executor, "3"))
        .isEqualTo(new SlotGpu(new GpuName("3", ""), new GpuDevice(1, "2,3")));
    assertThat(gpu(executor, "3").device().name()).isEqualTo("/device:GPU:1");
  }

  @Test
  void addressesOfTheHostAreCountedAsThisProcessSeesThem() {
    ExecutorGpus executor = new ExecutorGpus(List.of("1", "3"), "3, 1", HostGpus.UNKNOWN);

    assertThat(gpu(executor, "1").device()).isEqualTo(new GpuDevice(0, "1,0"));
    assertThat(gpu(executor, "3").device()).isEqualTo(new GpuDevice(1, "1,0"));
  }

  @Test
  void uuidsAreUnderstoodOnBothSides() {
    ExecutorGpus shownByUuid = new ExecutorGpus(List.of("1"), "GPU-dd44,GPU-bb", HOST);
    assertThat(gpu(shownByUuid, "1").device()).isEqualTo(new GpuDevice(0, "1"));
    assertThat(gpu(shownByUuid, "1").name()).hasToString("1 (GPU-bb22)");

    ExecutorGpus assignedByUuid = new ExecutorGpus(List.of("GPU-cc33"), null, HOST);
    assertThat(gpu(assignedByUuid, "GPU-cc33").device()).isEqualTo(new GpuDevice(0, "2"));
    assertThat(gpu(assignedByUuid, "GPU-cc33").name()).hasToString("GPU-cc33");
  }

  @Test
  void aGpuThatThisProcessCannotSeeIsRefused() {
    ExecutorGpus executor = new ExecutorGpus(List.of("3"), "0,1", HostGpus.UNKNOWN);
    assertThatThrownBy(() -> executor.of(List.of("3")))
        .hasMessage(
            "Cannot use GPU 3: Spark gave it to this executor, and CUDA_VISIBLE_DEVICES=0,1 hides it;"
                + " unset that variable, or have the discovery script print what it shows");
  }

  @Test
  void aGpuThatADiscoveryScriptNamesTwiceIsRefused() {
    ExecutorGpus executor = new ExecutorGpus(List.of("0", "0"), null, HostGpus.UNKNOWN);
    assertThatThrownBy(() -> executor.of(List.of("0")))
        .hasMessage(
            "Cannot use GPU 0: the executor's are [0, 0], one of them twice, and two slots would"
                + " share it; correct the discovery script");
  }

  @Test
  void anAddressThatNobodyKnowsIsRefused() {
    assertThatThrownBy(() -> new ExecutorGpus(List.of("0"), null, HOST).of(List.of("7")))
        .hasMessage("Cannot use GPU 7: expected one of the executor's, found that it has [0]");
    assertThatThrownBy(() -> new ExecutorGpus(List.of("GPU-x"), null, HOST).of(List.of("GPU-x")))
        .hasMessageStartingWith(
            "Cannot use GPU GPU-x: expected a number, or a UUID that nvidia-smi knows");
  }

  @Test
  void gpusAreToldApartByUuidWhereItIsKnownAndByHostElsewhere() {
    GpuName zero = new GpuName("0", "");
    assertThat(GpuName.same("a", zero, "a", zero)).isTrue();
    assertThat(GpuName.same("a", zero, "b", zero)).isFalse();
    assertThat(GpuName.same("a", zero, "a", new GpuName("1", ""))).isFalse();
    assertThat(GpuName.same("a", new GpuName("0", "GPU-x"), "a", new GpuName("0", "GPU-y")))
        .as("two containers of one host that both number from 0")
        .isFalse();
    assertThat(GpuName.same("a", new GpuName("0", "GPU-x"), "b", new GpuName("1", "GPU-x")))
        .isTrue();
    assertThat(GpuName.same("a", GpuName.NONE, "a", GpuName.NONE)).isFalse();
  }
}
