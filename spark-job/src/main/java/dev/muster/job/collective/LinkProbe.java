package dev.muster.job.collective;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether a rank reaches others: connects to each of them, all at the same time and again until the
 * plan's form timeout, proves the secret as a ring does, sends 64 bytes and wants them back. It
 * also answers those who connect, until it is closed: a rank must not close its probe before all
 * others are done with theirs. One thread and one selector; closing leaves neither, nor a socket.
 */
public final class LinkProbe implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LinkProbe.class);
  private static final int PAYLOAD_BYTES = 64;
  private static final int MAX_INBOUND = 256;
  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final Duration STOP = Duration.ofSeconds(5);
  private static final Duration GRACE = Duration.ofSeconds(2);

  /**
   * A link that does not work.
   *
   * @param peer the rank that was not reached
   * @param fact what happened
   */
  public record Failure(int peer, String fact) {}

  /** A link that this rank must prove. */
  private static final class Outbound {
    final int peer;
    final InetSocketAddress address;
    @Nullable Conversation conversation;
    long nextAttempt = System.nanoTime();
    String fact = "no answer";

    Outbound(int peer, InetSocketAddress address) {
      this.peer = peer;
      this.address = address;
    }
  }

  private final RingPlan plan;
  private final Selector selector;
  private final SelectionKey serverKey;
  private final Thread thread;
  private final long deadline;
  private final byte[] payload = new byte[PAYLOAD_BYTES];
  private final List<Outbound> open = new ArrayList<>();
  private final List<Failure> failures = new ArrayList<>();
  private final List<Conversation> inbound = new ArrayList<>();
  private final CompletableFuture<List<Failure>> result = new CompletableFuture<>();
  private volatile boolean closed;

  private LinkProbe(
      ServerSocketChannel server, Selector selector, RingPlan plan, List<Integer> peers)
      throws IOException {
    this.plan = plan;
    this.selector = selector;
    this.deadline = System.nanoTime() + plan.formTimeout().toNanos();
    this.serverKey = server.register(selector, SelectionKey.OP_ACCEPT);
    new SecureRandom().nextBytes(payload);
    for (int peer : peers) {
      InetSocketAddress member = plan.members().get(peer);
      open.add(new Outbound(peer, member));
    }
    thread = new Thread(this::run, "muster-links-" + plan.rank());
    thread.setDaemon(true);
  }

  static LinkProbe start(ServerSocketChannel server, RingPlan plan, List<Integer> peers)
      throws IOException {
    Selector selector = Selector.open();
    try {
      LinkProbe probe = new LinkProbe(server, selector, plan, peers);
      probe.thread.start();
      return probe;
    } catch (IOException | RuntimeException e) {
      Quietly.close(selector, LOG);
      throw e;
    }
  }

  /**
   * The links that do not work, once all have been tried; the answering goes on. At most the form
   * timeout and a little.
   */
  public List<Failure> await() throws InterruptedException {
    try {
      return result.get(plan.formTimeout().plus(GRACE).toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new CollectiveException(
          Phase.HANDSHAKE, "Cannot probe the links of rank " + plan.rank() + ": " + e, e);
    }
  }

  private void run() {
    try {
      while (!closed) {
        turn();
      }
      result.completeExceptionally(new IOException("the probe was closed"));
    } catch (IOException | RuntimeException e) {
      result.completeExceptionally(e);
      if (!closed && !(e instanceof ClosedSelectorException)) {
        LOG.warn("Cannot go on probing the links of rank {}", plan.rank(), e);
      }
    } finally {
      selector.keys().stream()
          .filter(key -> !key.equals(serverKey))
          .forEach(key -> Quietly.close(key.channel(), LOG));
      Quietly.close(selector, LOG);
    }
  }

  private void turn() throws IOException {
    long now = System.nanoTime();
    for (Outbound link : List.copyOf(open)) {
      if (now - deadline >= 0) {
        settle(link, new Failure(link.peer, late(link)));
      } else if (link.conversation == null && now - link.nextAttempt >= 0) {
        connect(link);
      }
    }
    if (open.isEmpty()) {
      result.complete(List.copyOf(failures));
    }
    for (Conversation stranger : List.copyOf(inbound)) {
      if (now - stranger.deadline >= 0) {
        drop(stranger, "no proof within " + Formation.STRANGER_TIMEOUT.toMillis() + " ms");
      }
    }
    int acceptable = inbound.size() < MAX_INBOUND ? SelectionKey.OP_ACCEPT : 0;
    if (serverKey.interestOps() != acceptable) {
      serverKey.interestOps(acceptable);
    }
    selector.select(TimeUnit.NANOSECONDS.toMillis(RETRY_NANOS));
    for (SelectionKey key : selector.selectedKeys()) {
      serve(key);
    }
    selector.selectedKeys().clear();
  }

  private String late(Outbound link) {
    String waited = " within " + plan.formTimeout().toMillis() + " ms";
    Conversation conversation = link.conversation;
    return conversation == null
        ? link.fact
        : (conversation.channel.isConnected() ? "connected, but no proof" : "no answer") + waited;
  }

  private void serve(SelectionKey key) throws IOException {
    if (!key.isValid()) {
      return;
    }
    if (key.equals(serverKey)) {
      accept();
    } else if (key.attachment() instanceof Outbound link) {
      advance(key, link);
    } else if (key.attachment() instanceof Conversation stranger) {
      answer(key, stranger);
    }
  }

  // ----------------------------------------------------------------- outbound

  private void connect(Outbound link) throws IOException {
    SocketChannel channel = SocketChannel.open();
    link.conversation = new Conversation(channel, Handshake.to(link.peer, channel, plan), payload);
    try {
      Formation.prepare(channel);
      SelectionKey key = channel.register(selector, SelectionKey.OP_CONNECT, link);
      InetSocketAddress address = link.address;
      if (channel.connect(
          address.isUnresolved()
              ? new InetSocketAddress(address.getHostString(), address.getPort())
              : address)) {
        key.interestOps(link.conversation.interest());
      }
    } catch (IOException | UnresolvedAddressException e) {
      retry(link, e);
    }
  }

  private void advance(SelectionKey key, Outbound link) {
    Conversation conversation = link.conversation;
    if (conversation == null) {
      return;
    }
    try {
      SocketChannel channel = conversation.channel;
      if (!channel.isConnected() && !channel.finishConnect()) {
        return;
      }
      if (!conversation.ask()) {
        key.interestOps(conversation.interest());
        return;
      }
    } catch (IOException e) {
      retry(link, e);
      return;
    }
    String difference = conversation.handshake.disagreement().orElse(null);
    settle(link, difference == null ? null : new Failure(link.peer, difference));
  }

  private void retry(Outbound link, Exception why) {
    closeConversation(link);
    link.fact =
        why instanceof UnresolvedAddressException
            ? "its host name is unknown here"
            : String.valueOf(why.getMessage());
    link.nextAttempt = System.nanoTime() + RETRY_NANOS;
  }

  private void settle(Outbound link, @Nullable Failure failure) {
    closeConversation(link);
    open.remove(link);
    if (failure != null) {
      failures.add(failure);
    }
  }

  private static void closeConversation(Outbound link) {
    if (link.conversation != null) {
      Quietly.close(link.conversation.channel, LOG);
      link.conversation = null;
    }
  }

  // ------------------------------------------------------------------ inbound

  private void accept() throws IOException {
    while (inbound.size() < MAX_INBOUND
        && serverKey.channel() instanceof ServerSocketChannel server) {
      SocketChannel channel = server.accept();
      if (channel == null) {
        return;
      }
      try {
        Formation.prepare(channel);
        Conversation stranger =
            new Conversation(channel, Handshake.fromAny(channel, plan), new byte[PAYLOAD_BYTES]);
        channel.register(selector, SelectionKey.OP_READ, stranger);
        inbound.add(stranger);
      } catch (IOException e) {
        LOG.debug("A connection ended before its handshake", e);
        Quietly.close(channel, LOG);
      }
    }
  }

  private void answer(SelectionKey key, Conversation stranger) {
    try {
      if (stranger.answer()) {
        inbound.remove(stranger);
        Quietly.close(stranger.channel, LOG);
      } else {
        key.interestOps(stranger.interest());
      }
    } catch (IOException e) {
      drop(stranger, String.valueOf(e.getMessage()));
    }
  }

  private void drop(Conversation stranger, String why) {
    LOG.debug("Closed a connection to rank {}: {}: {}", plan.rank(), stranger.handshake, why);
    inbound.remove(stranger);
    Quietly.close(stranger.channel, LOG);
  }

  /** One connection: the handshake, then the payload to the acceptor and back. */
  private static final class Conversation {
    final SocketChannel channel;
    final Handshake handshake;
    final long deadline = System.nanoTime() + Formation.STRANGER_TIMEOUT.toNanos();
    private final ByteBuffer forth;
    private final ByteBuffer back = ByteBuffer.allocate(PAYLOAD_BYTES);
    private boolean proven;
    private boolean writing;

    Conversation(SocketChannel channel, Handshake handshake, byte[] payload) {
      this.channel = channel;
      this.handshake = handshake;
      this.forth = ByteBuffer.wrap(payload);
    }

    /** The connector's side; true once its bytes have come back. */
    boolean ask() throws IOException {
      if (!prove()) {
        return false;
      }
      if (forth.hasRemaining()) {
        channel.write(forth);
      }
      writing = forth.hasRemaining();
      if (writing || !filled(back)) {
        return false;
      }
      if (!Arrays.equals(forth.array(), back.array())) {
        throw new IOException("other bytes came back than were sent");
      }
      return true;
    }

    /** The acceptor's side; true once the bytes are on their way back. */
    boolean answer() throws IOException {
      if (!prove() || (forth.hasRemaining() && !filled(forth))) {
        return false;
      }
      if (!writing) {
        writing = true;
        back.put(forth.array()).flip();
      }
      channel.write(back);
      return !back.hasRemaining();
    }

    private boolean prove() throws IOException {
      proven = proven || handshake.advance();
      return proven;
    }

    private boolean filled(ByteBuffer buffer) throws IOException {
      if (channel.read(buffer) < 0) {
        throw new EOFException("it closed the connection before all bytes had come");
      }
      return !buffer.hasRemaining();
    }

    /** What to wait for before the next call. */
    int interest() {
      if (!proven) {
        return handshake.interest();
      }
      return writing ? SelectionKey.OP_WRITE : SelectionKey.OP_READ;
    }
  }

  /** Ends the thread and closes all sockets but the listener's. Idempotent. */
  @Override
  public void close() {
    closed = true;
    selector.wakeup();
    boolean interrupted = false;
    try {
      thread.join(STOP.toMillis());
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
