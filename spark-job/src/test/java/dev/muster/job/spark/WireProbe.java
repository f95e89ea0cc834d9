package dev.muster.job.spark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.apache.spark.api.java.function.Function;

/**
 * Reads a sample (its kind, a byte, then its bytes) on an executor, writes it again, and asks the
 * driver with it where it is a message. Returns the name of its type, with what went wrong.
 */
final class WireProbe implements Function<byte[], byte[]> {
  private static final long serialVersionUID = 1;

  @Override
  public byte[] call(byte[] sample) throws IOException, InterruptedException {
    byte[] bytes = Arrays.copyOfRange(sample, 1, sample.length);
    return probe(sample[0], bytes).getBytes(StandardCharsets.UTF_8);
  }

  private static String probe(byte kind, byte[] bytes) throws IOException, InterruptedException {
    return switch (kind) {
      case 'M' -> {
        Message message = Wire.decode(bytes);
        String answer = "";
        boolean isSent = message instanceof Message.Heartbeat || message instanceof Message.Encoded;
        if (!isSent) { // else it has no answer
          answer = " answer " + heard(message);
        }
        yield said(message, bytes, Wire.encode(message)) + answer;
      }
      case 'R' -> {
        SlotReport report = SlotReport.decode(bytes);
        yield said(report, bytes, report.encode());
      }
      case 'L' -> {
        ShardLocation location = ShardLocation.decode(bytes);
        yield said(location, bytes, location.encode());
      }
      case 'O' -> {
        TrialOrder order = TrialOrder.decode(bytes);
        boolean same = order.definition().experimentConfig().equals(Map.of("name", "wire"));
        yield said(order, bytes, same ? order.encode() : new byte[0]);
      }
      case 'P' -> {
        ProbeOrder order = ProbeOrder.decode(bytes);
        yield said(order, bytes, order.encode());
      }
      case 'Q' -> {
        ProbeReport report = ProbeReport.decode(bytes);
        boolean same = report.equals(WireSamples.probeReport());
        yield said(report, bytes, same ? report.encode() : new byte[0]);
      }
      default -> throw new IllegalArgumentException("kind " + kind);
    };
  }

  private static String heard(Message message) throws IOException, InterruptedException {
    try {
      return ExecutorSide.current()
          .asker()
          .ask(message, Duration.ofSeconds(20))
          .getClass()
          .getSimpleName();
    } catch (IllegalStateException refused) { // no request
      return String.valueOf(refused.getMessage()).startsWith("The driver refuses a message: ")
          ? "Refused"
          : refused.toString();
    }
  }

  private static String said(Object value, byte[] before, byte[] after) {
    return value.getClass().getSimpleName() + (Arrays.equals(before, after) ? "" : " CHANGED");
  }
}
