package dev.muster.job.spark;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A program of two slots that exchange a number per step over a socket: the order is {@code STEPS
 * MILLIS_PER_STEP FAILING_RANK FAILING_STEP REPORT_EVERY}. A stop request that rank 0 gets travels
 * with its number, so that both stop at the same step.
 */
final class SocketProgram implements SlotProgram {
  static final String FAILURE = "the user's code is wrong";

  private @Nullable ServerSocket listener;

  @Override
  public InetSocketAddress listen(String executorHost) throws IOException {
    listener = new ServerSocket();
    listener.bind(new InetSocketAddress(InetAddress.getByName(executorHost), 0));
    return new InetSocketAddress(executorHost, listener.getLocalPort());
  }

  @Override
  public Resident run(Seat seat, Optional<Resident> claimed, SlotLink link) throws Exception {
    CountingReplica replica =
        claimed.map(CountingReplica.class::cast).orElseGet(CountingReplica::new);
    long[] order =
        List.of(new String(seat.order().bytes(), StandardCharsets.UTF_8).split(" ")).stream()
            .mapToLong(Long::parseLong)
            .toArray();
    say(seat, link, "start claimed=" + claimed.isPresent() + " total=" + replica.total);
    try (Socket peer = connect(seat)) {
      link.onCancel(() -> close(peer));
      peer.setTcpNoDelay(true);
      DataOutputStream out = new DataOutputStream(peer.getOutputStream());
      DataInputStream in = new DataInputStream(peer.getInputStream());
      boolean stop = false;
      for (long step = 1; step <= order[0] && !stop; step++) {
        replica.step++;
        link.progress(replica.step, "train");
        if (seat.rank() == order[2] && step == order[3]) {
          throw new IllegalArgumentException(
              FAILURE + " " + HexFormat.of().formatHex(seat.secret().bytes()));
        }
        boolean wanted = false;
        if (step % order[4] == 0) {
          wanted = say(seat, link, "step=" + replica.step);
        }
        out.writeLong(step);
        out.writeBoolean(wanted && seat.rank() == 0);
        link.progress(replica.step, "wait for peer");
        replica.total += in.readLong();
        stop = in.readBoolean() || (wanted && seat.rank() == 0);
        Thread.sleep(order[1]);
      }
    } catch (Exception e) {
      replica.close(); // one that it made itself is nobody else's to close
      throw e;
    }
    say(seat, link, "end step=" + replica.step + " total=" + replica.total);
    return replica;
  }

  private static boolean say(Seat seat, SlotLink link, String text) {
    String line =
        "%s pid=%d open=%d generation=%d holders=%s executorSlots=%d"
            .formatted(
                text,
                ProcessHandle.current().pid(),
                CountingReplica.OPEN.get(),
                seat.generation(),
                seat.holders().toString().replace(" ", ""),
                seat.executorSlots());
    return link.report(line.getBytes(StandardCharsets.UTF_8));
  }

  private Socket connect(Seat seat) throws IOException {
    ServerSocket mine = listener;
    if (mine == null) {
      throw new IOException("Cannot connect: not listening");
    }
    if (seat.rank() == 0) {
      mine.setSoTimeout(20_000);
      return mine.accept();
    }
    Socket peer = new Socket();
    peer.connect(seat.address(0), 20_000);
    return peer;
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    ServerSocket mine = listener;
    if (mine != null) {
      try {
        mine.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
