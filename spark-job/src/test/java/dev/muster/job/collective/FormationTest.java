package dev.muster.job.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Who may join a ring, and what those see who may not. */
class FormationTest {
  private static final Duration SHORT = Duration.ofMillis(600);

  private static RingPlan plan(long generation, int rank, List<RingListener> listeners) {
    return new RingPlan(
        generation,
        rank,
        Ranks.addresses(listeners),
        Ranks.SECRET,
        Ranks.FINGERPRINT,
        Ranks.LONG,
        Ranks.LONG);
  }

  private static RingPlan plan(
      RingPlan plan, byte[] secret, byte[] fingerprint, Duration formTimeout) {
    return new RingPlan(
        plan.generation(),
        plan.rank(),
        plan.members(),
        secret,
        fingerprint,
        formTimeout,
        plan.progressTimeout());
  }

  private static List<CollectiveException> failures(
      List<RingListener> listeners, List<RingPlan> plans) {
    List<Callable<CollectiveException>> calls = new ArrayList<>();
    for (RingPlan plan : plans) {
      calls.add(
          () -> {
            try (Collective ring = listeners.get(plan.rank()).form(plan)) {
              throw new AssertionError("rank " + ring.rank() + " joined");
            } catch (CollectiveException e) {
              return e;
            }
          });
    }
    List<CollectiveException> failures = Ranks.all(calls);
    listeners.forEach(RingListener::close);
    return failures;
  }

  @Test
  void missingRankIsNamedByItsNeighbours() {
    List<RingListener> listeners = Ranks.listeners(4);
    List<RingPlan> plans =
        Stream.of(0, 1, 3)
            .map(rank -> plan(plan(9, rank, listeners), Ranks.SECRET, Ranks.FINGERPRINT, SHORT))
            .toList();
    List<CollectiveException> failures = failures(listeners, plans);
    assertThat(failures.get(1))
        .hasMessageContaining("Cannot form the ring of generation 9 on rank 1 of 4: after 600 ms")
        .hasMessageContaining("rank 2 at /127.0.0.1:" + listeners.get(2).port())
        .hasMessageContaining("did not answer");
    assertThat(failures.get(2))
        .hasMessageContaining("rank 2 at")
        .hasMessageContaining("not connect");
    assertThat(failures.get(2).peerRank()).hasValue(2);
    assertThat(failures).extracting(CollectiveException::phase).containsOnly(Phase.HANDSHAKE);
  }

  @Test
  void wrongSecretNeverJoins() {
    List<RingListener> listeners = Ranks.listeners(2);
    byte[] other = "another secret of 32 bytes, wrong".getBytes(StandardCharsets.US_ASCII);
    List<CollectiveException> failures =
        failures(
            listeners,
            List.of(
                plan(plan(1, 0, listeners), Ranks.SECRET, Ranks.FINGERPRINT, SHORT),
                plan(plan(1, 1, listeners), other, Ranks.FINGERPRINT, SHORT)));
    assertThat(failures)
        .allSatisfy(
            failure ->
                assertThat(failure)
                    .hasMessageContaining("its proof does not match the secret of generation 1"));
  }

  @Test
  void differentVariablesAreNamedOnBothSides() {
    List<RingListener> listeners = Ranks.listeners(2);
    List<CollectiveException> failures =
        failures(
            listeners,
            List.of(
                plan(1, 0, listeners),
                plan(plan(1, 1, listeners), Ranks.SECRET, new byte[] {0xa, 0xb}, Ranks.LONG)));
    assertThat(failures)
        .anySatisfy(
            failure ->
                assertThat(failure)
                    .hasMessageContaining("expected generation 1, rank")
                    .hasMessageContaining("fingerprint 010203")
                    .hasMessageContaining("fingerprint 0a0b"));
  }

  @Test
  void differentGenerationsUnderOneSecretAreNamed() {
    List<RingListener> listeners = Ranks.listeners(2);
    List<CollectiveException> failures =
        failures(listeners, List.of(plan(4, 0, listeners), plan(5, 1, listeners)));
    assertThat(failures)
        .anySatisfy(
            failure ->
                assertThat(failure)
                    .hasMessageContaining("generation 4,")
                    .hasMessageContaining("generation 5,"));
  }

  @Test
  void strangersDoNotHoldUpThePeersAndAreClosed() throws Exception {
    List<RingListener> listeners = Ranks.listeners(2);
    RingListener target = listeners.get(0);
    List<Socket> strangers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      strangers.add(connect(target));
      strangers.add(connect(target, "GET / HTTP/1.1\r\nHost: somebody.example\r\n\r\n......."));
      strangers.add(connect(target, "MUST"));
    }
    long start = System.nanoTime();
    Ranks.all(
        List.of(
            () -> use(listeners.get(0).form(plan(1, 0, listeners))),
            () -> use(listeners.get(1).form(plan(1, 1, listeners)))));
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(8));
    for (Socket stranger : strangers) {
      assertClosed(stranger);
    }
    listeners.forEach(RingListener::close);
  }

  private static int use(Collective ring) {
    try (ring) {
      ring.barrier();
      return ring.rank();
    }
  }

  @Test
  void silentStrangerIsClosedAfterTwoSecondsWhileThePeerIsAwaited() throws Exception {
    List<RingListener> listeners = Ranks.listeners(2);
    FutureTask<Integer> zero = Ranks.start(() -> use(listeners.get(0).form(plan(1, 0, listeners))));
    Socket stranger = connect(listeners.get(0));
    long start = System.nanoTime();
    assertClosed(stranger);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(1500));
    FutureTask<Integer> one = Ranks.start(() -> use(listeners.get(1).form(plan(1, 1, listeners))));
    assertThat(Ranks.result(zero) + Ranks.result(one)).isEqualTo(1);
    listeners.forEach(RingListener::close);
  }

  private static Socket connect(RingListener target, String... bytes) throws IOException {
    InetSocketAddress address = target.address();
    Socket socket = new Socket(address.getAddress(), address.getPort());
    socket.setSoTimeout(10_000);
    for (String part : bytes) {
      socket.getOutputStream().write(part.getBytes(StandardCharsets.US_ASCII));
    }
    return socket;
  }

  private static void assertClosed(Socket socket) throws IOException {
    try (socket) {
      assertThat(socket.getInputStream().readNBytes(41)).hasSizeLessThan(41);
    } catch (java.net.SocketException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
  }

  @Test
  void oneListenerServesGenerationAfterGeneration() {
    List<RingListener> listeners = Ranks.listeners(3);
    for (long generation = 1; generation <= 10; generation++) {
      long number = generation;
      List<Callable<Integer>> legs = new ArrayList<>();
      for (int rank = 0; rank < 3; rank++) {
        RingPlan plan = plan(number, rank, listeners);
        legs.add(() -> use(listeners.get(plan.rank()).form(plan)));
      }
      assertThat(Ranks.all(legs)).containsExactly(0, 1, 2);
    }
    listeners.forEach(RingListener::close);
  }

  @Test
  void closingTheListenerEndsForming() {
    List<RingListener> listeners = Ranks.listeners(2);
    AtomicReference<Thread> caller = new AtomicReference<>();
    FutureTask<Integer> forming = forming(listeners, caller);
    listeners.get(0).close();
    assertThat(Ranks.failure(forming)).hasMessageContaining("the listener was closed");
    assertThatThrownBy(() -> listeners.get(0).form(plan(2, 0, listeners)))
        .isInstanceOf(CollectiveException.class)
        .hasMessageContaining("the listener was closed");
    listeners.forEach(RingListener::close);
  }

  @Test
  void interruptEndsForming() {
    List<RingListener> listeners = Ranks.listeners(2);
    AtomicReference<Thread> caller = new AtomicReference<>();
    FutureTask<Integer> forming = forming(listeners, caller);
    Ranks.awaitSelect(caller).interrupt();
    assertThat(Ranks.failure(forming)).hasMessageContaining("the thread was interrupted");
    listeners.forEach(RingListener::close);
  }

  private static FutureTask<Integer> forming(
      List<RingListener> listeners, AtomicReference<Thread> caller) {
    FutureTask<Integer> forming =
        Ranks.start(
            () -> {
              caller.set(Thread.currentThread());
              return use(listeners.get(0).form(plan(1, 0, listeners)));
            });
    Ranks.awaitSelect(caller);
    return forming;
  }

  @Test
  void nothingIsLeftAfterClose() throws IOException {
    useAndBreakRings();
    long before = descriptors();
    Set<String> threads = threads();
    threads.remove("test-rank");
    for (int i = 0; i < 5; i++) {
      useAndBreakRings();
    }
    await().until(() -> descriptors() <= before);
    await().untilAsserted(() -> assertThat(threads).containsAll(threads()));
  }

  private static void useAndBreakRings() {
    try (Ranks all = Ranks.form(3)) {
      all.each(ring -> ring.allGather(new byte[10]));
      all.ring(1).abort("enough");
      all.failures(
          ring -> {
            ring.barrier();
            return 0;
          });
    }
    List<RingListener> listeners = Ranks.listeners(2);
    failures(
        listeners,
        List.of(
            plan(plan(1, 0, listeners), Ranks.SECRET, Ranks.FINGERPRINT, Duration.ofMillis(100))));
  }

  private static Set<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .map(Thread::getName)
        .filter(name -> !name.startsWith("awaitility") && !name.equals("process reaper"))
        .collect(Collectors.toSet());
  }

  private static long descriptors() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.map(FormationTest::target).filter(name -> !name.endsWith(".jar")).count();
    }
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException e) {
      return "gone.jar";
    }
  }
}
