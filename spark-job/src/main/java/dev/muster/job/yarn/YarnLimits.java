package dev.muster.job.yarn;

import java.util.List;

/**
 * What one container of a YARN cluster, and all of them, can have.
 *
 * @param source who says so, for people
 * @param maxMemoryMib of one container
 * @param maxCores of one container
 * @param nodesMib the memory of each running node; empty if only the ResourceManager knows
 * @param queues the names of the queues, in order; empty if only the ResourceManager knows
 */
public record YarnLimits(
    String source, long maxMemoryMib, int maxCores, List<Long> nodesMib, List<String> queues) {
  public YarnLimits {
    nodesMib = List.copyOf(nodesMib);
    queues = List.copyOf(queues);
  }
}
