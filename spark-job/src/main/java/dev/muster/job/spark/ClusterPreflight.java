package dev.muster.job.spark;

import dev.muster.job.checkpoint.SharedProbe;
import dev.muster.job.checkpoint.Storage;
import dev.muster.job.checkpoint.StorageException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The part of the pre-flight that needs executors: one leg of all slots that trains nothing. Takes
 * a second once the executors are up; they stay, and the run's legs use them.
 */
final class ClusterPreflight {
  /** How long {@code check} waits for the slots; {@code run} waits as for any leg. */
  static final Duration CHECK_JOIN_DEADLINE = Duration.ofSeconds(60);

  private static final String TRIAL_ID = "pre-flight";
  private static final Duration PROGRESS_TIMEOUT = Duration.ofSeconds(60);

  private final Legs legs;
  private final Storage storage;
  private final int slots;
  private final Consumer<String> lines;

  /**
   * A pre-flight that has not begun.
   *
   * @param lines takes the progress of a wait for slots
   */
  ClusterPreflight(Legs legs, Storage storage, int slots, Consumer<String> lines) {
    this.legs = legs;
    this.storage = storage;
    this.slots = slots;
    this.lines = lines;
  }

  /**
   * Tries the cluster.
   *
   * @param joinDeadline how long to wait for all slots
   * @throws GangException when they have not come by then; the message has the cure
   */
  List<Finding> run(Duration joinDeadline) throws GangException, InterruptedException {
    try (SharedProbe probe = storage.share()) {
      Reports reports = new Reports();
      legs.probe(
          new LegPlan(
              TRIAL_ID,
              slots,
              new ProbeOrder(probe.directory(), Blob.of(probe.nonce()), storage.hadoopProperties())
                  .encode(),
              ProbeProgram.class.getName(),
              joinDeadline,
              PROGRESS_TIMEOUT),
          reports);
      return new ClusterFindings(
              storage.path(), Storage.isSecured(), Runtime.version(), reports.inRankOrder())
          .all();
    } catch (StorageException e) {
      return List.of(Finding.problem("storage", String.valueOf(e.getMessage())));
    } catch (SlotFailure e) {
      return List.of(
          Finding.problem(
              "executors",
              "executor %s on host %s: %s".formatted(e.executorId(), e.host(), e.detail())));
    } catch (GangException e) {
      if (e.getCause() != null || e.kind() == FailureKind.SETUP) { // not for want of executors
        throw e;
      }
      throw new GangException(
          e.kind(),
          e.getMessage()
              + "; lower resources.slots_per_trial, give the application more executors, or free"
              + " some of the cluster",
          e);
    }
  }

  /** What {@code check} says where {@code run} would end. */
  static Finding missing(GangException failure) {
    return Finding.problem("slots", String.valueOf(failure.getMessage()));
  }

  private final class Reports implements LegListener {
    private final Map<Integer, ProbeReport> byRank = new ConcurrentHashMap<>();

    @Override
    public void onWaiting(String line) {
      lines.accept(line);
    }

    @Override
    public void onSeated(List<Seated> seated) {}

    @Override
    public boolean onReport(int rank, byte[] payload) {
      byRank.put(rank, ProbeReport.decode(payload));
      return false;
    }

    List<ProbeReport> inRankOrder() {
      return List.copyOf(new TreeMap<>(byRank).values());
    }
  }
}
