package dev.muster.job.spark;

import dev.muster.job.checkpoint.SharedProbe;
import dev.muster.job.checkpoint.StorageException;
import dev.muster.job.collective.CollectiveException;
import dev.muster.job.collective.LinkProbe;
import dev.muster.job.collective.RingListener;
import dev.muster.job.collective.RingPlan;
import dev.muster.job.runtime.HostCheck;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.jspecify.annotations.Nullable;

/**
 * What a slot does in the pre-flight: tries the storage, the links to other slots, the clock and
 * the host, reports once, and goes on answering its peers until the leg is over. On the task's
 * thread; the links on {@code muster-links-RANK}.
 */
final class ProbeProgram implements SlotProgram {
  /**
   * Up to so many slots each is linked to each; beyond, as in the ring, to the one on its right.
   */
  static final int ALL_PAIRS_SLOTS = 16;

  /** How long a link may take from the first try to the last byte. */
  private static final Duration LINK_TIMEOUT = Duration.ofSeconds(10);

  private @Nullable RingListener listener;
  private @Nullable LinkProbe links;
  private String host = "";

  /** Made by its name: see {@link LegPlan#programClass}. */
  ProbeProgram() {}

  @Override
  public InetSocketAddress listen(String executorHost) throws IOException {
    host = executorHost;
    try {
      RingListener bound = TrialProgram.bind(executorHost);
      listener = bound;
      return bound.address();
    } catch (UnknownHostException | CollectiveException e) {
      throw new IOException(
          "Cannot listen on this executor's own host %s: %s; let the name resolve there to an address of the host itself (/etc/hosts), or name another one by SPARK_LOCAL_HOSTNAME or SPARK_LOCAL_IP"
              .formatted(executorHost, e.getMessage()),
          e);
    }
  }

  @Override
  public @Nullable Resident run(Seat seat, Optional<Resident> claimed, SlotLink link)
      throws Exception {
    SparkConf conf = SparkEnv.get().conf();
    ProbeOrder order = ProbeOrder.decode(seat.order().bytes());
    ExecutorSide side = ExecutorSide.current();
    link.progress(0, "links");
    startLinks(seat);
    link.progress(1, "storage");
    String storageProblem = storage(order, seat.rank());
    link.progress(2, "clock");
    ClockOffset clock = ClockOffset.measure(side.asker(), Clock.systemUTC(), System::nanoTime);
    link.progress(3, "host");
    Path local = LocalDirectories.first(conf);
    List<String> hostProblems = HostCheck.here(LocalDirectories.nativeLibraries(conf)).problems();
    link.progress(4, "links");
    List<ProbeReport.BrokenLink> broken =
        links == null
            ? List.of()
            : links.await().stream()
                .map(failure -> new ProbeReport.BrokenLink(failure.peer(), failure.fact()))
                .toList();
    link.report(
        new ProbeReport(
                side.executorId(),
                host,
                seat.members().get(seat.rank()),
                storageProblem,
                broken,
                clock,
                Runtime.version().toString(),
                hostProblems,
                local.toString(),
                freeBytes(local))
            .encode());
    return null;
  }

  private void startLinks(Seat seat) {
    if (seat.size() == 1) {
      return;
    }
    RingPlan plan =
        new RingPlan(
            seat.generation(),
            seat.rank(),
            IntStream.range(0, seat.size()).mapToObj(seat::address).toList(),
            seat.secret().bytes(),
            new byte[0],
            LINK_TIMEOUT,
            LINK_TIMEOUT);
    links = Objects.requireNonNull(listener).probe(plan, peers(seat.rank(), seat.size()));
  }

  /** The ranks that a rank must reach. */
  static List<Integer> peers(int rank, int size) {
    return size > ALL_PAIRS_SLOTS
        ? List.of((rank + 1) % size)
        : IntStream.range(0, size).filter(peer -> peer != rank).boxed().toList();
  }

  private static String storage(ProbeOrder order, int rank) {
    try {
      SharedProbe.find(order.directory(), order.nonce().bytes(), "rank-" + rank, order.hadoop());
      return "";
    } catch (StorageException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static long freeBytes(Path directory) {
    try {
      return Files.getFileStore(directory).getUsableSpace();
    } catch (IOException e) {
      return -1; // HostCheck has said what is wrong with it
    }
  }

  /** Nothing here is the user's code. */
  @Override
  public FailureKind kindOf(Throwable failure) {
    return FailureKind.INFRASTRUCTURE;
  }

  @Override
  public void close() {
    if (links != null) {
      links.close();
    }
    if (listener != null) {
      listener.close();
    }
  }
}
