package dev.muster.job.spark;

/**
 * A GPU as people and the driver know it; {@link #NONE} for a slot on the CPU.
 *
 * @param address as Spark assigned it, a number on the executor's host
 * @param uuid the device's own name, empty where the host cannot tell
 */
record GpuName(String address, String uuid) {
  static final GpuName NONE = new GpuName("", "");

  boolean exists() {
    return !address.isEmpty();
  }

  /** Whether these are one GPU: containers of one host may number theirs alike. */
  static boolean same(String host, GpuName gpu, String otherHost, GpuName other) {
    if (!gpu.exists() || !other.exists()) {
      return false;
    }
    return gpu.uuid.isEmpty() || other.uuid.isEmpty()
        ? host.equals(otherHost) && gpu.address.equals(other.address)
        : gpu.uuid.equals(other.uuid);
  }

  void write(WireWriter out) {
    out.writeText(address);
    out.writeText(uuid);
  }

  static GpuName read(WireReader in) {
    return new GpuName(in.readText(), in.readText());
  }

  @Override
  public String toString() {
    return uuid.isEmpty() || uuid.equals(address) ? address : address + " (" + uuid + ")";
  }
}
