package dev.muster.job.spark;

import dev.muster.job.runtime.GpuDevice;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.resource.ResourceInformation;
import org.jspecify.annotations.Nullable;

/**
 * The GPUs of an executor, and how this process counts them: Spark's addresses are those of the
 * host, CUDA counts what {@code CUDA_VISIBLE_DEVICES} leaves, TensorFlow the executor's own alone.
 * Immutable.
 */
final class ExecutorGpus {
  /** Spark's name of the resource. */
  static final String RESOURCE = "gpu";

  private final List<String> addresses;
  private final @Nullable String visible;
  private final HostGpus host;

  /**
   * The GPUs of an executor.
   *
   * @param addresses those that Spark gave it
   * @param visible the value of {@code CUDA_VISIBLE_DEVICES}, null where it is not set
   * @param host what the host says of its GPUs
   */
  ExecutorGpus(List<String> addresses, @Nullable String visible, HostGpus host) {
    this.addresses = List.copyOf(addresses);
    this.visible = visible == null || visible.isBlank() ? null : visible;
    this.host = host;
  }

  /** Of this process. */
  static ExecutorGpus here(Map<String, ResourceInformation> resources) {
    List<String> addresses = addresses(resources);
    return new ExecutorGpus(
        addresses,
        System.getenv("CUDA_VISIBLE_DEVICES"),
        addresses.isEmpty() ? HostGpus.UNKNOWN : HostGpus.query());
  }

  /** The addresses of the GPUs among the resources of an executor or a task. */
  static List<String> addresses(Map<String, ResourceInformation> resources) {
    ResourceInformation gpus = resources.get(RESOURCE);
    return gpus == null ? List.of() : List.of(gpus.addresses());
  }

  /**
   * The GPU of a task.
   *
   * @param ofTask the addresses that Spark gave it; of several the first is used
   * @return empty when it has none
   * @throws IllegalStateException when this process cannot use it alone
   */
  Optional<SlotGpu> of(List<String> ofTask) {
    if (ofTask.isEmpty()) {
      return Optional.empty();
    }
    String address = ofTask.get(0);
    int index = addresses.indexOf(address);
    if (index < 0) {
      throw new IllegalStateException(
          "Cannot use GPU %s: expected one of the executor's, found that it has %s"
              .formatted(address, addresses));
    }
    if (new HashSet<>(addresses).size() < addresses.size()) {
      throw new IllegalStateException(
          "Cannot use GPU %s: the executor's are %s, one of them twice, and two slots would share it; correct the discovery script"
              .formatted(address, addresses));
    }
    List<String> numbers = new ArrayList<>();
    addresses.forEach(each -> numbers.add(Integer.toString(cudaIndex(each))));
    return Optional.of(
        new SlotGpu(
            new GpuName(address, host.uuid(address)),
            new GpuDevice(index, String.join(",", numbers))));
  }

  /** The number that CUDA gives the GPU in this process. */
  private int cudaIndex(String address) {
    if (visible == null) {
      return number(address);
    }
    List<String> shown = List.of(visible.strip().split("\\s*,\\s*"));
    for (int i = 0; i < shown.size(); i++) {
      if (isShown(address, shown.get(i))) {
        return i;
      }
    }
    throw new IllegalStateException(
        "Cannot use GPU %s: Spark gave it to this executor, and CUDA_VISIBLE_DEVICES=%s hides it; unset that variable, or have the discovery script print what it shows"
            .formatted(address, visible));
  }

  /** CUDA takes numbers, and UUIDs that may be cut short. */
  private boolean isShown(String address, String shown) {
    String uuid = host.uuid(address);
    return address.equals(shown)
        || (shown.startsWith("GPU-") && !uuid.isEmpty() && uuid.startsWith(shown))
        || host.uuid(shown).equals(address);
  }

  private int number(String address) {
    if (address.matches("\\d{1,4}")) {
      return Integer.parseInt(address);
    }
    return host.index(address)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "Cannot use GPU %s: expected a number, or a UUID that nvidia-smi knows on this host; have the discovery script print numbers (scripts/gpu-discovery does)"
                        .formatted(address)));
  }
}
