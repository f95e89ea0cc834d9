package dev.muster.job.collective;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import javax.crypto.AEADBadTagException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two sockets of one rank, and the loop that drives a {@link Flow} over them. Sending and
 * receiving never wait for each other, so a ring of full socket buffers cannot lock up. Confined to
 * the communication thread, except {@link #end}.
 *
 * <p>The right neighbour never sends: its socket is readable only when it has closed. That matters
 * only while there is something to send to it; a neighbour that has finished the last operation may
 * close while others still receive.
 */
final class RingWire {
  private static final Logger LOG = LoggerFactory.getLogger(RingWire.class);

  /**
   * One neighbour and the socket to it; the key is that of the encrypted exchange, if it is one.
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Neighbour(int rank, SocketAddress address, SocketChannel channel, byte @Nullable [] key) {
    @Override
    public String toString() {
      return "rank " + rank + " at " + address;
    }
  }

  private final RingPlan plan;
  private final Neighbour left;
  private final Neighbour right;
  private final Selector selector;
  private final SelectionKey leftKey;
  private final SelectionKey rightKey;

  private final Header outgoing = new Header();
  private final Header expected = new Header();
  private final Header found = new Header();
  private final ByteBuffer[] out = {header(), header()};
  private final ByteBuffer[] in = {header(), header()};
  private final @Nullable FrameSealer sealer;
  private final @Nullable FrameOpener opener;
  private final ByteBuffer[] outWire;
  private final ByteBuffer[] inWire;
  private final ByteBuffer probe = ByteBuffer.allocateDirect(1);
  private boolean outStarted;
  private boolean inStarted;
  private boolean inChecked;
  private volatile @Nullable String ended;

  /** Takes over the selector, with which both channels are registered. */
  RingWire(RingPlan plan, Selector selector, Neighbour left, Neighbour right) {
    this.plan = plan;
    this.selector = selector;
    this.left = left;
    this.right = right;
    this.leftKey = left.channel().keyFor(selector);
    this.rightKey = right.channel().keyFor(selector);
    sealer = right.key() == null ? null : new FrameSealer(RecordCipher.sealing(right.key()));
    opener = left.key() == null ? null : new FrameOpener(RecordCipher.opening(left.key()));
    outWire = sealer == null ? out : sealer.wire();
    inWire = opener == null ? in : opener.wire();
    outgoing.generation = plan.generation();
    expected.generation = plan.generation();
  }

  private static ByteBuffer header() {
    return ByteBuffer.allocateDirect(Header.BYTES).order(ByteOrder.nativeOrder());
  }

  /** Names the step and bucket of the frames that follow. */
  void at(long step, int bucket) {
    outgoing.step = step;
    expected.step = step;
    outgoing.bucket = bucket;
    expected.bucket = bucket;
  }

  /** Runs one operation to its end; any failure ends the wire. */
  void run(Flow flow, long silenceNanos) {
    try {
      checkNotEnded(flow);
      outStarted = false;
      inStarted = false;
      long deadline = System.nanoTime() + silenceNanos;
      while (flow.sending() || flow.receiving()) {
        checkNotInterrupted(flow);
        if (receive(flow) | send(flow)) {
          deadline = System.nanoTime() + silenceNanos;
        } else {
          await(flow, deadline, silenceNanos);
        }
      }
    } catch (CollectiveException e) {
      end("it broke before: " + e.getMessage());
      throw e;
    } catch (ClosedSelectorException | CancelledKeyException | IOException e) {
      CollectiveException failure = failure(flow, null, "the selector failed: " + e, e);
      end("it broke before: " + failure.getMessage());
      throw failure;
    } catch (RuntimeException | Error e) {
      end("it broke before: " + e);
      throw e;
    }
  }

  private boolean receive(Flow flow) {
    if (!flow.receiving()) {
      return false;
    }
    if (!inStarted) {
      in[0].clear();
      in[1] = flow.nextIn(expected);
      if (opener != null) {
        opener.expect(in[1].remaining());
      }
      inStarted = true;
      inChecked = false;
    }
    long read = read(flow);
    if (!inChecked && !inWire[0].hasRemaining()) {
      if (opener != null) {
        openHeader(flow, opener);
      }
      found.read(in[0]);
      if (!found.sameAs(expected)) {
        throw failure(flow, left, "expected " + expected + "; found " + found, null);
      }
      inChecked = true;
    }
    if (inChecked && !inWire[inWire.length - 1].hasRemaining()) {
      if (opener != null) {
        openPayload(flow, opener);
      }
      flow.received();
      inStarted = false;
    }
    return read > 0;
  }

  private void openHeader(Flow flow, FrameOpener from) {
    try {
      from.openHeader(in[0]);
    } catch (AEADBadTagException e) {
      throw forged(flow, e);
    }
  }

  private void openPayload(Flow flow, FrameOpener from) {
    try {
      from.openPayload(in[1]);
    } catch (AEADBadTagException e) {
      throw forged(flow, e);
    }
  }

  private CollectiveException forged(Flow flow, AEADBadTagException e) {
    return failure(
        flow,
        left,
        "expected an encrypted frame of this connection, found bytes that fail their AES-GCM tag:"
            + " they were changed on their way",
        e);
  }

  private long read(Flow flow) {
    try {
      long read = left.channel().read(inWire);
      if (read < 0) {
        throw failure(flow, left, "it closed the connection", null);
      }
      return read;
    } catch (IOException e) {
      throw failure(flow, left, "the connection broke: " + e.getMessage(), e);
    }
  }

  private boolean send(Flow flow) {
    if (!outStarted) {
      if (!flow.ready()) {
        return false;
      }
      out[1] = flow.nextOut(outgoing);
      outgoing.write(out[0]);
      if (sealer != null) {
        sealer.seal(out);
      }
      outStarted = true;
    }
    try {
      long written = right.channel().write(outWire);
      if (!outWire[outWire.length - 1].hasRemaining() && !outWire[0].hasRemaining()) {
        flow.sent();
        outStarted = false;
      }
      return written > 0;
    } catch (IOException e) {
      throw failure(flow, right, "the connection broke: " + e.getMessage(), e);
    }
  }

  private void await(Flow flow, long deadline, long silenceNanos) throws IOException {
    checkNotEnded(flow);
    interest(leftKey, flow.receiving() ? SelectionKey.OP_READ : 0);
    interest(
        rightKey,
        (outStarted ? SelectionKey.OP_WRITE : 0) | (flow.sending() ? SelectionKey.OP_READ : 0));
    long left = deadline - System.nanoTime();
    if (left <= 0) {
      long millis = TimeUnit.NANOSECONDS.toMillis(silenceNanos);
      throw flow.receiving()
          ? failure(flow, this.left, "it sent nothing for %d ms".formatted(millis), null)
          : failure(flow, right, "it took nothing for %d ms".formatted(millis), null);
    }
    selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(left)));
    boolean rightReadable = rightKey.isReadable();
    boolean leftReadable = leftKey.isReadable();
    selector.selectedKeys().clear();
    if (rightReadable && !leftReadable) {
      checkRight(flow);
    }
  }

  private void interest(SelectionKey key, int operations) {
    if (key.interestOps() != operations) {
      key.interestOps(operations);
    }
  }

  private void checkRight(Flow flow) {
    int read;
    try {
      read = right.channel().read(probe.clear());
    } catch (IOException e) {
      throw failure(flow, right, "the connection broke: " + e.getMessage(), e);
    }
    if (read != 0) {
      throw failure(
          flow,
          right,
          read < 0
              ? "it closed the connection"
              : "expected no bytes from the right, found " + probe.get(0),
          null);
    }
  }

  private void checkNotEnded(Flow flow) {
    String why = ended;
    if (why != null) {
      throw failure(flow, null, why, null);
    }
  }

  private void checkNotInterrupted(Flow flow) {
    if (Thread.currentThread().isInterrupted()) {
      throw failure(flow, null, "the thread was interrupted", null);
    }
  }

  private CollectiveException failure(
      Flow flow, @Nullable Neighbour peer, String fact, @Nullable Throwable cause) {
    String why = ended;
    Phase phase = flow.phase();
    String message =
        "Cannot %s in step %d, bucket %d on rank %d of %d, generation %d: %s"
            .formatted(
                phase.verb(),
                outgoing.step,
                outgoing.bucket,
                plan.rank(),
                plan.size(),
                plan.generation(),
                why != null ? why : peer == null ? fact : peer + ": " + fact);
    return why != null || peer == null
        ? new CollectiveException(phase, message, cause)
        : new CollectiveException(phase, peer.rank(), message, cause);
  }

  /** Closes the sockets; the first reason counts. Any thread. */
  void end(String why) {
    synchronized (this) {
      if (ended != null) {
        return;
      }
      ended = why;
    }
    Quietly.close(left.channel(), LOG);
    Quietly.close(right.channel(), LOG);
    Quietly.close(selector, LOG);
  }
}
