package dev.muster.job.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Which links of real sockets work, and what those hear that do not. */
class LinkProbeTest {
  private static final Duration SHORT = Duration.ofMillis(700);
  private static final byte[] OTHER_SECRET =
      "another secret of 32 bytes, wrong".getBytes(StandardCharsets.US_ASCII);

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable closeable : open) {
      closeable.close();
    }
    assertThat(Thread.getAllStackTraces().keySet())
        .extracting(Thread::getName)
        .noneMatch(name -> name.startsWith("muster-links-"));
  }

  private List<RingListener> listeners(int size) {
    List<RingListener> listeners = Ranks.listeners(size);
    open.addAll(listeners);
    return listeners;
  }

  private static RingPlan plan(int rank, List<InetSocketAddress> members, byte[] secret) {
    return new RingPlan(1, rank, members, secret, new byte[0], SHORT, SHORT);
  }

  private LinkProbe probe(
      RingListener listener, int rank, List<InetSocketAddress> members, byte[] secret) {
    List<Integer> peers =
        IntStream.range(0, members.size()).filter(peer -> peer != rank).boxed().toList();
    LinkProbe probe = listener.probe(plan(rank, members, secret), peers);
    open.add(0, probe);
    return probe;
  }

  /** Each rank's broken links, all ranks probing all. */
  private List<List<LinkProbe.Failure>> probeAll(
      List<RingListener> listeners, List<InetSocketAddress> members) throws InterruptedException {
    List<LinkProbe> probes = new ArrayList<>();
    for (int rank = 0; rank < listeners.size(); rank++) {
      probes.add(probe(listeners.get(rank), rank, members, Ranks.SECRET));
    }
    List<List<LinkProbe.Failure>> failures = new ArrayList<>();
    for (LinkProbe probe : probes) {
      failures.add(probe.await());
    }
    return failures;
  }

  @Test
  void allPairsOfSixteenReachEachOther() throws Exception {
    List<RingListener> listeners = listeners(16);
    assertThat(probeAll(listeners, Ranks.addresses(listeners)))
        .hasSize(16)
        .allSatisfy(failures -> assertThat(failures).isEmpty());
  }

  @Test
  void aPortThatNobodyListensOnIsRefused() throws Exception {
    List<RingListener> listeners = listeners(3);
    listeners.get(2).close();
    List<List<LinkProbe.Failure>> failures =
        probeAll(listeners.subList(0, 2), Ranks.addresses(listeners));
    assertThat(failures)
        .containsExactly(
            List.of(new LinkProbe.Failure(2, "Connection refused")),
            List.of(new LinkProbe.Failure(2, "Connection refused")));
  }

  @Test
  void aHostThatTakesNoConnectionsGivesNoAnswer() throws Exception {
    try (ServerSocket full = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<Socket> waiting = fill(full);
      List<RingListener> listeners = listeners(1);
      List<InetSocketAddress> members =
          List.of(listeners.get(0).address(), (InetSocketAddress) full.getLocalSocketAddress());
      assertThat(probeAll(listeners, members))
          .containsExactly(List.of(new LinkProbe.Failure(1, "no answer within 700 ms")));
      for (Socket socket : waiting) {
        socket.close();
      }
    }
  }

  /** Connects until the backlog is full: the kernel then drops what comes. */
  private static List<Socket> fill(ServerSocket server) throws IOException {
    List<Socket> waiting = new ArrayList<>();
    while (waiting.size() < 50) {
      Socket socket = new Socket();
      try {
        socket.connect(server.getLocalSocketAddress(), 200);
        waiting.add(socket);
      } catch (java.net.SocketTimeoutException e) {
        socket.close();
        return waiting;
      }
    }
    throw new AssertionError("the backlog takes more than 50 connections");
  }

  @Test
  void aServerThatSaysNothingIsNoMember() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      List<RingListener> listeners = listeners(1);
      List<InetSocketAddress> members =
          List.of(listeners.get(0).address(), (InetSocketAddress) silent.getLocalSocketAddress());
      assertThat(probeAll(listeners, members))
          .containsExactly(
              List.of(new LinkProbe.Failure(1, "connected, but no proof within 700 ms")));
    }
  }

  @Test
  void anAddressThatIsAnotherRanksIsFound() throws Exception {
    List<RingListener> listeners = listeners(3);
    List<InetSocketAddress> wrong =
        List.of(listeners.get(0).address(), listeners.get(2).address(), listeners.get(1).address());
    List<List<LinkProbe.Failure>> failures = probeAll(listeners, wrong);
    assertThat(failures.get(0)).extracting(LinkProbe.Failure::peer).containsExactlyInAnyOrder(1, 2);
    assertThat(failures.get(0))
        .allSatisfy(
            failure ->
                assertThat(failure.fact())
                    .contains("expected generation 1, rank " + failure.peer() + " as neighbour")
                    .contains("found generation 1, rank " + (3 - failure.peer()) + " as"));
  }

  @Test
  void whoDoesNotKnowTheSecretGetsNoProofAndGivesNone() throws Exception {
    List<RingListener> listeners = listeners(2);
    List<InetSocketAddress> members = Ranks.addresses(listeners);
    LinkProbe member = probe(listeners.get(0), 0, members, Ranks.SECRET);
    LinkProbe stranger = probe(listeners.get(1), 1, members, OTHER_SECRET);
    assertThat(member.await()).extracting(LinkProbe.Failure::peer).containsExactly(1);
    assertThat(stranger.await()).extracting(LinkProbe.Failure::peer).containsExactly(0);
  }

  @Test
  void aRankThatIsDoneAnswersUntilItIsClosed() throws Exception {
    List<RingListener> listeners = listeners(2);
    List<InetSocketAddress> members = Ranks.addresses(listeners);
    LinkProbe early = listeners.get(0).probe(plan(0, members, Ranks.SECRET), List.of());
    open.add(0, early);
    assertThat(early.await()).isEmpty();
    assertThat(probe(listeners.get(1), 1, members, Ranks.SECRET).await()).isEmpty();
  }

  @Test
  void closingEndsAWaitAndFreesTheListener() throws Exception {
    List<RingListener> listeners = listeners(2);
    List<InetSocketAddress> members = Ranks.addresses(listeners);
    LinkProbe waiting = probe(listeners.get(0), 0, members, Ranks.SECRET);
    waiting.close();
    waiting.close();
    await()
        .until(
            () ->
                !Thread.getAllStackTraces().keySet().stream()
                    .map(Thread::getName)
                    .toList()
                    .contains("muster-links-0"));
    List<List<LinkProbe.Failure>> again = probeAll(listeners, members);
    assertThat(again).containsExactly(List.of(), List.of());
  }
}
