package dev.muster.job.collective;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The making of one ring: connects to the right, again and again until the deadline, and at the
 * same time accepts whoever comes, until one of them proves to be the left neighbour. One loop over
 * one selector, so no connection holds up another. Confined to the thread that forms.
 */
final class Formation {
  /** How long a connection that came in may take to prove itself. */
  static final Duration STRANGER_TIMEOUT = Duration.ofSeconds(2);

  private static final Logger LOG = LoggerFactory.getLogger(Formation.class);
  private static final int MAX_INBOUND = 32;
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** A connection that came in and has not proven itself. */
  private record Inbound(SocketChannel channel, Handshake handshake, long deadline) {}

  private final RingPlan plan;
  private final Selector selector;
  private final SelectionKey serverKey;
  private final long start = System.nanoTime();
  private final long deadline;
  private final List<Inbound> inbound = new ArrayList<>();
  private final ByteBuffer probe = ByteBuffer.allocate(1);

  private @Nullable SocketChannel left;
  private @Nullable Handshake leftHandshake;
  private int strangers;
  private String lastStranger = "";

  private @Nullable SocketChannel right;
  private @Nullable Handshake rightHandshake;
  private boolean rightDone;
  private long nextAttempt = start;
  private String lastAttempt = "no connection was tried";

  Formation(ServerSocketChannel server, Selector selector, RingPlan plan) throws IOException {
    this.plan = plan;
    this.selector = selector;
    this.deadline = start + plan.formTimeout().toNanos();
    this.serverKey = server.register(selector, SelectionKey.OP_ACCEPT);
  }

  /**
   * Both neighbours, proven; every rank has met every other. On failure nothing stays open but the
   * selector.
   */
  RingWire form() throws IOException {
    boolean formed = false;
    try {
      while (left == null || !rightDone) {
        turn();
      }
      RingWire wire = wire(left);
      wire.run(
          RingCollective.meeting(Phase.HANDSHAKE, plan).start(),
          Math.max(1, deadline - System.nanoTime()));
      formed = true;
      return wire;
    } finally {
      inbound.forEach(stranger -> Quietly.close(stranger.channel(), LOG));
      if (!formed) {
        close(left);
        close(right);
      }
    }
  }

  private static void close(@Nullable SocketChannel channel) {
    if (channel != null) {
      Quietly.close(channel, LOG);
    }
  }

  private RingWire wire(SocketChannel leftChannel) throws IOException {
    SocketChannel rightChannel = right;
    Handshake toRight = rightHandshake;
    Handshake fromLeft = leftHandshake;
    if (rightChannel == null || toRight == null || fromLeft == null) {
      throw new IllegalStateException("Cannot form the ring: a neighbour is missing");
    }
    serverKey.cancel();
    inbound.forEach(stranger -> Quietly.close(stranger.channel(), LOG));
    inbound.clear();
    selector.selectNow();
    selector.selectedKeys().clear();
    return new RingWire(
        plan,
        selector,
        new RingWire.Neighbour(
            plan.left(), leftChannel.getRemoteAddress(), leftChannel, fromLeft.key()),
        new RingWire.Neighbour(
            plan.right(), rightChannel.getRemoteAddress(), rightChannel, toRight.key()));
  }

  /** One turn of the loop. */
  private void turn() throws IOException {
    long now = System.nanoTime();
    if (Thread.currentThread().isInterrupted()) {
      throw failure("the thread was interrupted");
    }
    if (!serverKey.isValid()) {
      throw failure("the listener was closed");
    }
    if (now - deadline >= 0) {
      throw failure(missing());
    }
    if (right == null && now - nextAttempt >= 0) {
      connect();
    }
    dropSilent(now);
    int acceptable = inbound.size() < MAX_INBOUND ? SelectionKey.OP_ACCEPT : 0;
    if (serverKey.interestOps() != acceptable) {
      serverKey.interestOps(acceptable);
    }
    selector.select(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nextEvent() - System.nanoTime())));
    for (SelectionKey key : selector.selectedKeys()) {
      serve(key);
    }
    selector.selectedKeys().clear();
  }

  private long nextEvent() {
    long next = deadline;
    if (right == null && nextAttempt - next < 0) {
      next = nextAttempt;
    }
    for (Inbound stranger : inbound) {
      if (stranger.deadline() - next < 0) {
        next = stranger.deadline();
      }
    }
    return next;
  }

  private void serve(SelectionKey key) throws IOException {
    if (!key.isValid()) {
      return;
    }
    if (key.equals(serverKey)) {
      accept();
    } else if (key.channel().equals(right)) {
      serveRight(key);
    } else if (key.attachment() instanceof Inbound stranger) {
      serveInbound(key, stranger);
    }
  }

  private void accept() throws IOException {
    while (inbound.size() < MAX_INBOUND
        && serverKey.channel() instanceof ServerSocketChannel server) {
      SocketChannel channel = server.accept();
      if (channel == null) {
        return;
      }
      try {
        prepare(channel);
        Inbound stranger =
            new Inbound(
                channel,
                Handshake.fromLeft(channel, plan),
                System.nanoTime() + STRANGER_TIMEOUT.toNanos());
        channel.register(selector, SelectionKey.OP_READ, stranger);
        inbound.add(stranger);
      } catch (IOException e) {
        LOG.debug("A connection ended before its handshake", e);
        Quietly.close(channel, LOG);
      }
    }
  }

  static void prepare(SocketChannel channel) throws IOException {
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
  }

  private void serveInbound(SelectionKey key, Inbound stranger) throws IOException {
    try {
      if (!stranger.handshake().advance()) {
        key.interestOps(stranger.handshake().interest());
        return;
      }
    } catch (IOException e) {
      drop(stranger, String.valueOf(e.getMessage()));
      return;
    }
    inbound.remove(stranger);
    key.attach(null);
    key.interestOps(0);
    close(left); // of two proven connections the later one counts: the peer has given up the first
    left = stranger.channel();
    leftHandshake = stranger.handshake();
    checkAgreement(stranger.handshake(), plan.left(), stranger.channel());
  }

  private void drop(Inbound stranger, String why) {
    strangers++;
    lastStranger = why;
    LOG.atLevel(strangers == 1 ? Level.WARN : Level.DEBUG)
        .log(
            "Closed a connection to rank {} of generation {}: {}: {}",
            plan.rank(),
            plan.generation(),
            stranger.handshake(),
            why);
    inbound.remove(stranger);
    Quietly.close(stranger.channel(), LOG);
  }

  private void dropSilent(long now) {
    for (Inbound stranger : List.copyOf(inbound)) {
      if (now - stranger.deadline() >= 0) {
        drop(stranger, "no proof within %d ms".formatted(STRANGER_TIMEOUT.toMillis()));
      }
    }
  }

  private void connect() throws IOException {
    InetSocketAddress address = rightAddress();
    SocketChannel channel = SocketChannel.open();
    right = channel;
    lastAttempt = "no answer";
    try {
      prepare(channel);
      rightHandshake = Handshake.toRight(channel, plan);
      SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT);
      if (channel.connect(address)) {
        key.interestOps(rightHandshake.interest());
      }
    } catch (IOException | UnresolvedAddressException e) {
      retry(String.valueOf(e));
    }
  }

  private InetSocketAddress rightAddress() {
    InetSocketAddress address = plan.members().get(plan.right());
    return address.isUnresolved()
        ? new InetSocketAddress(address.getHostString(), address.getPort())
        : address;
  }

  private void serveRight(SelectionKey key) throws IOException {
    if (rightDone) {
      checkRightAlive();
      return;
    }
    SocketChannel channel = right;
    Handshake handshake = rightHandshake;
    if (channel == null || handshake == null) {
      return;
    }
    try {
      if (!channel.isConnected() && !channel.finishConnect()) {
        return;
      }
      rightDone = handshake.advance();
      key.interestOps(rightDone ? SelectionKey.OP_READ : handshake.interest());
    } catch (IOException e) {
      retry(String.valueOf(e.getMessage()));
      return;
    }
    if (rightDone) {
      checkAgreement(handshake, plan.right(), channel);
    }
  }

  private void retry(String why) {
    close(right);
    right = null;
    lastAttempt = why;
    nextAttempt = System.nanoTime() + RETRY_NANOS;
  }

  private void checkRightAlive() {
    SocketChannel channel = right;
    int read;
    try {
      read = channel == null ? -1 : channel.read(probe.clear());
    } catch (IOException e) {
      throw failure(plan.right(), "the connection broke: " + e.getMessage(), e);
    }
    if (read < 0 && left == null && nearDeadline()) {
      // The right has given up a moment before us, for the same reason.
      throw failure(
          plan.left(),
          "it did not connect, and " + describe(plan.right()) + " has closed its connection",
          null);
    } else if (read < 0) {
      throw failure(plan.right(), "it closed the connection before the ring was formed", null);
    } else if (read > 0) {
      throw failure(plan.right(), "expected no bytes from the right, found some", null);
    }
  }

  private boolean nearDeadline() {
    return System.nanoTime() - start > (deadline - start) / 4 * 3;
  }

  private void checkAgreement(Handshake handshake, int peer, SocketChannel channel)
      throws IOException {
    String difference = handshake.disagreement().orElse(null);
    if (difference != null) {
      throw new CollectiveException(
          Phase.HANDSHAKE,
          peer,
          prefix() + "rank %d at %s: %s".formatted(peer, channel.getRemoteAddress(), difference),
          null);
    }
  }

  private String missing() {
    List<String> facts = new ArrayList<>();
    if (!rightDone) {
      facts.add(describe(plan.right()) + " did not answer (" + lastAttempt + ")");
    }
    if (left == null) {
      facts.add(describe(plan.left()) + " did not connect");
    }
    if (strangers > 0) {
      facts.add(strangers + " other connections were closed, the last because: " + lastStranger);
    }
    return "after %d ms ".formatted(plan.formTimeout().toMillis()) + String.join("; ", facts);
  }

  private String describe(int rank) {
    return "rank " + rank + " at " + plan.members().get(rank);
  }

  private CollectiveException failure(int peer, String fact, @Nullable Throwable cause) {
    return new CollectiveException(
        Phase.HANDSHAKE, peer, prefix() + describe(peer) + ": " + fact, cause);
  }

  private CollectiveException failure(String fact) {
    int peer = left == null && rightDone ? plan.left() : plan.right();
    return new CollectiveException(Phase.HANDSHAKE, peer, prefix() + fact, null);
  }

  private String prefix() {
    return "Cannot form the ring of generation %d on rank %d of %d: "
        .formatted(plan.generation(), plan.rank(), plan.size());
  }
}
