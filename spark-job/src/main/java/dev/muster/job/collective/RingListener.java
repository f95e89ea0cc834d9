package dev.muster.job.collective;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One slot's port, bound once on the executor's own host; it forms the rings of one generation
 * after the other. {@link #form} is called by one thread at a time, {@link #close} by any. Between
 * two calls of form nobody is accepted: connections wait in a bounded backlog.
 */
public final class RingListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RingListener.class);
  private static final int BACKLOG = 64;

  private final ServerSocketChannel server;
  private final InetSocketAddress address;
  private @Nullable Selector forming;
  private boolean closed;

  private RingListener(ServerSocketChannel server, InetSocketAddress address) {
    this.server = server;
    this.address = address;
  }

  /**
   * Binds a free port.
   *
   * @param host the address under which the other executors reach this one
   */
  public static RingListener bind(InetAddress host) {
    ServerSocketChannel server = null;
    try {
      server = ServerSocketChannel.open();
      server.configureBlocking(false);
      server.bind(new InetSocketAddress(host, 0), BACKLOG);
      return new RingListener(server, (InetSocketAddress) server.getLocalAddress());
    } catch (IOException e) {
      if (server != null) {
        Quietly.close(server, LOG);
      }
      throw new CollectiveException(
          Phase.HANDSHAKE, "Cannot bind the ring's listener on " + host + ": " + e.getMessage(), e);
    }
  }

  /** The port that was free. */
  public int port() {
    return address.getPort();
  }

  /** What the other ranks connect to. */
  public InetSocketAddress address() {
    return address;
  }

  /**
   * Joins the ring of one generation; returns once all ranks have joined. An interrupt or {@link
   * #close} ends the wait.
   *
   * @throws CollectiveException when the form timeout has passed (the message names who is missing)
   *     or a rank that knows the secret has another plan
   */
  public Collective form(RingPlan plan) {
    if (plan.size() == 1) {
      return Collective.single();
    }
    Selector selector = open(plan);
    boolean formed = false;
    try {
      Collective ring = new RingCollective(plan, new Formation(server, selector, plan).form());
      formed = true;
      return ring;
    } catch (IOException | CancelledKeyException | ClosedSelectorException e) {
      throw failure(plan, server.isOpen() ? e.toString() : "the listener was closed", e);
    } finally {
      if (!formed) {
        Quietly.close(selector, LOG);
      }
      synchronized (this) {
        forming = null;
      }
    }
  }

  /**
   * Tries the links to other ranks, which must all probe at the same time; see {@link LinkProbe}.
   * The listener forms no ring before the probe is closed.
   *
   * @param peers the ranks that this one must reach
   */
  public LinkProbe probe(RingPlan plan, List<Integer> peers) {
    try {
      return LinkProbe.start(server, plan, peers);
    } catch (IOException e) {
      throw new CollectiveException(
          Phase.HANDSHAKE, "Cannot probe the links of rank " + plan.rank() + ": " + e, e);
    }
  }

  private synchronized Selector open(RingPlan plan) {
    if (closed || forming != null) {
      throw failure(
          plan, closed ? "the listener was closed" : "the listener is forming a ring", null);
    }
    try {
      Selector selector = Selector.open();
      forming = selector;
      return selector;
    } catch (IOException e) {
      throw failure(plan, e.toString(), e);
    }
  }

  private static CollectiveException failure(
      RingPlan plan, String fact, @Nullable Exception cause) {
    return new CollectiveException(
        Phase.HANDSHAKE,
        "Cannot form the ring of generation %d on rank %d of %d: %s"
            .formatted(plan.generation(), plan.rank(), plan.size(), fact),
        cause);
  }

  /** Frees the port and ends a call of form. Rings that were formed go on. Idempotent. */
  @Override
  public void close() {
    Selector selector;
    synchronized (this) {
      closed = true;
      selector = forming;
    }
    Quietly.close(server, LOG);
    if (selector != null) {
      selector.wakeup();
    }
  }
}
