package dev.muster.job.spark;

import dev.muster.job.runtime.TrainReport;
import dev.muster.job.runtime.TrialDefinition;
import dev.muster.job.spark.Message.Beat;
import dev.muster.job.spark.Message.Caller;
import dev.muster.job.spark.Message.Claim;
import dev.muster.job.spark.Message.Position;
import java.util.List;
import java.util.Map;

/** One of each thing that crosses between driver and executors. */
final class WireSamples {
  private static final Caller CALLER = new Caller(1_000_003, 77);
  private static final Position POSITION = new Position(4, 1, 12, "train");
  private static final ReplicaKey KEY = new ReplicaKey("app", "wire", 4, 1);

  private WireSamples() {}

  static List<Message> messages() {
    return List.of(
        new Message.Order("app", 1_000_003, "wire", "Program"),
        new Message.Join(
            CALLER, 1, "e1", "host", "host:1", new Claim(3, 1), new GpuName("1", "GPU-a")),
        new Message.Poll(CALLER),
        new Message.Heartbeat(
            List.of(new Beat(CALLER, POSITION, 9, new Vitals(7, 64, 12.5, 0.25, 1L << 31)))),
        new Message.Report(CALLER, POSITION, 1, Blob.of(new byte[] {1, 2})),
        new Message.LastWords(
            CALLER, POSITION, "e1", "host", FailureKind.USER, "Exception", "message", "trace"),
        new Message.Done(CALLER, POSITION),
        new Message.Inventory("e1", List.of(KEY)),
        new Message.AskTime(),
        new Message.Encoded("3", 2, 1_000, 900, 800),
        new Message.Wait("reason", true),
        new Seat(
            "wire",
            4,
            0,
            2,
            List.of("a:1", "b:2"),
            Blob.of(new byte[32]),
            List.of(1),
            Blob.of(new byte[] {3}),
            3),
        new Message.Go(true),
        new Message.Over(),
        new Message.Abort("reason"),
        new Message.Close(List.of(KEY)),
        new Message.Refused("error"),
        new Message.Time(1_764_000_000_123L));
  }

  static List<SlotReport> reports() {
    return List.of(
        new SlotReport.Trained(
            1, new TrainReport(10, 20, Map.of("loss", 0.5, "norm", 2.0), 320, 12345, true)),
        new SlotReport.Evaluated(2, Blob.of(new byte[] {4})),
        new SlotReport.Staged(3, Blob.of(new byte[] {5})),
        new SlotReport.Stopping(4),
        new SlotReport.Ended(5));
  }

  static ShardLocation location() {
    return new ShardLocation(3, 480, 2, "fingerprint", List.of(0xffff_ffffL, 1L));
  }

  static ProbeOrder probeOrder() {
    return new ProbeOrder("file:///x/.muster-probe-1", Blob.of(new byte[32]), Map.of("a", "b"));
  }

  static ProbeReport probeReport() {
    return new ProbeReport(
        "e1",
        "host",
        "host:1",
        "Cannot read it",
        List.of(new ProbeReport.BrokenLink(1, "no answer")),
        new ClockOffset(-7, 2),
        "17.0.13+11",
        List.of("no glibc"),
        "/tmp",
        1L << 40);
  }

  static TrialOrder order() {
    return new TrialOrder(
        new TrialDefinition("e", 1, 7, "Trial", Map.of("name", "wire"), 2),
        List.of(new TrialOrder.Step(TrialOrder.Kind.TRAIN, 10, "")),
        2,
        new TrialOrder.StorageAddress("file:///x", Map.of("a", "b")),
        location().encode(),
        location().encode(),
        60,
        Map.of("loss", 0.5),
        10,
        new TrialOrder.Start(StartPoint.Kind.RESUME, "3f2a", "file:///x/3f2a", 10),
        5,
        true);
  }
}
