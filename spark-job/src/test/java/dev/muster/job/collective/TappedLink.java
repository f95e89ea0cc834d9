package dev.muster.job.collective;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/** A proxy on 127.0.0.1 that records, and on request changes, what goes to a rank's listener. */
final class TappedLink implements AutoCloseable {
  private final InetSocketAddress target;
  private final ServerSocket server;
  private final List<Socket> sockets = Collections.synchronizedList(new ArrayList<>());
  private final ByteArrayOutputStream recorded = new ByteArrayOutputStream();
  private final AtomicLong untilFlip = new AtomicLong(Long.MAX_VALUE);

  private TappedLink(InetSocketAddress target) throws IOException {
    this.target = target;
    this.server = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
  }

  static TappedLink to(InetSocketAddress target) throws IOException {
    TappedLink link = new TappedLink(target);
    link.daemon(link::accept);
    return link;
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  /** All bytes of both directions so far. */
  byte[] recorded() {
    synchronized (recorded) {
      return recorded.toByteArray();
    }
  }

  boolean contains(byte[] pattern) {
    return new String(recorded(), StandardCharsets.ISO_8859_1)
        .contains(new String(pattern, StandardCharsets.ISO_8859_1));
  }

  /** Changes the byte that comes after so many more to the target. */
  void flipLater(long bytes) {
    untilFlip.set(bytes);
  }

  private void daemon(Runnable work) {
    Thread thread = new Thread(work, "test-tap");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket in = server.accept();
        Socket out = new Socket(target.getAddress(), target.getPort());
        sockets.add(in);
        sockets.add(out);
        daemon(() -> copy(in, out, true));
        daemon(() -> copy(out, in, false));
      }
    } catch (IOException e) {
      // closed
    }
  }

  private void copy(Socket from, Socket to, boolean forward) {
    byte[] buffer = new byte[8192];
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
        if (forward) {
          long left = untilFlip.addAndGet(-read);
          if (left < 0 && left + read >= 0) {
            buffer[(int) (left + read)] ^= 1;
          }
        }
        synchronized (recorded) {
          recorded.write(buffer, 0, read);
        }
        out.write(buffer, 0, read);
      }
    } catch (IOException e) {
      // one end has closed
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (Socket socket : List.copyOf(sockets)) {
      socket.close();
    }
  }
}
