package dev.muster.job.collective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import javax.crypto.AEADBadTagException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A ring whose data is encrypted: what goes over its wires, and who notices a change of it. */
class EncryptedRingTest {
  private static final byte[] OTHER_SECRET =
      "another secret of 32 bytes here!".getBytes(StandardCharsets.US_ASCII);
  private static final Duration SHORT = Duration.ofSeconds(2);

  /** A pattern that no cipher text contains by chance. */
  private static final float PATTERN = Float.intBitsToFloat(0x41424344);

  /** All ranks, each sending to the next one through a proxy. */
  private static List<Callable<Collective>> joins(
      List<RingListener> listeners, List<TappedLink> links, List<byte[]> secrets, Duration form) {
    List<Callable<Collective>> joins = new ArrayList<>();
    for (int rank = 0; rank < listeners.size(); rank++) {
      List<InetSocketAddress> members = new ArrayList<>(Ranks.addresses(listeners));
      int right = (rank + 1) % members.size();
      members.set(right, links.get(right).address());
      RingListener listener = listeners.get(rank);
      RingPlan plan =
          new RingPlan(
              1, rank, members, secrets.get(rank), Ranks.FINGERPRINT, form, Ranks.LONG, true);
      joins.add(() -> listener.form(plan));
    }
    return joins;
  }

  private static List<TappedLink> tap(List<RingListener> listeners) throws IOException {
    List<TappedLink> links = new ArrayList<>();
    for (RingListener listener : listeners) {
      links.add(TappedLink.to(listener.address()));
    }
    return links;
  }

  private static void close(List<RingListener> listeners, List<TappedLink> links)
      throws IOException {
    listeners.forEach(RingListener::close);
    for (TappedLink link : links) {
      link.close();
    }
  }

  private static float[] pattern(int length) {
    float[] values = new float[length];
    java.util.Arrays.fill(values, PATTERN);
    return values;
  }

  private static float[] sum(Collective ring, int length) {
    ring.agree(new Ballot(7, 0, 1, false, false));
    ByteBuffer output = Ranks.direct(new float[length]);
    ring.allReduce(Ranks.direct(pattern(length)), ring.rank() == 0 ? 1 : 0, output);
    return Ranks.floats(output);
  }

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "4"})
  void encryptedAndPlainRingsGiveTheSame(int ranks) {
    try (Ranks plain = Ranks.form(ranks);
        Ranks encrypted = Ranks.formEncrypted(ranks)) {
      for (int length : new int[] {0, 1, 7, 200_001}) {
        assertThat(encrypted.each(ring -> sum(ring, length)))
            .containsExactlyElementsOf(plain.each(ring -> sum(ring, length)));
      }
      List<byte[][]> gathered =
          encrypted.each(ring -> ring.allGather(new byte[ring.rank() * 300_000]));
      assertThat(gathered.get(0)[ranks - 1]).hasSize((ranks - 1) * 300_000);
      encrypted.each(
          ring -> {
            ring.barrier();
            ByteBuffer bytes = ByteBuffer.allocateDirect(600_000);
            bytes.put(0, (byte) (ring.rank() == 0 ? 9 : 1));
            ring.broadcast(0, bytes);
            assertThat(bytes.get(0)).isEqualTo((byte) 9);
            return 0;
          });
    }
  }

  @Test
  void noWeightAndNoSecretGoesOverTheWire() throws Exception {
    byte[] weight =
        ByteBuffer.allocate(8)
            .order(java.nio.ByteOrder.nativeOrder())
            .putFloat(PATTERN)
            .putFloat(PATTERN)
            .array();
    List<RingListener> listeners = Ranks.listeners(2);
    List<TappedLink> links = tap(listeners);
    try {
      List<Collective> rings =
          Ranks.all(joins(listeners, links, List.of(Ranks.SECRET, Ranks.SECRET), Ranks.LONG));
      List<Callable<float[]>> sums = new ArrayList<>();
      rings.forEach(ring -> sums.add(() -> sum(ring, 10_000)));
      assertThat(Ranks.all(sums)).allSatisfy(sum -> assertThat(sum).containsOnly(PATTERN));
      rings.forEach(Collective::close);
      for (TappedLink link : links) {
        assertThat(link.recorded()).hasSizeGreaterThan(20_000);
        assertThat(link.contains(weight)).isFalse();
        assertThat(link.contains(Ranks.SECRET)).isFalse();
      }
    } finally {
      close(listeners, links);
    }
  }

  /** That the test above can fail. */
  @Test
  void aPlainRingShowsItsWeights() throws Exception {
    byte[] weight =
        ByteBuffer.allocate(8)
            .order(java.nio.ByteOrder.nativeOrder())
            .putFloat(PATTERN)
            .putFloat(PATTERN)
            .array();
    List<RingListener> listeners = Ranks.listeners(2);
    List<TappedLink> links = tap(listeners);
    try {
      List<Callable<Collective>> joins = new ArrayList<>();
      for (int rank = 0; rank < 2; rank++) {
        List<InetSocketAddress> members = new ArrayList<>(Ranks.addresses(listeners));
        members.set(1 - rank, links.get(1 - rank).address());
        RingListener listener = listeners.get(rank);
        RingPlan plan =
            new RingPlan(1, rank, members, Ranks.SECRET, Ranks.FINGERPRINT, Ranks.LONG, Ranks.LONG);
        joins.add(() -> listener.form(plan));
      }
      List<Collective> rings = Ranks.all(joins);
      List<Callable<float[]>> sums = new ArrayList<>();
      rings.forEach(ring -> sums.add(() -> sum(ring, 10_000)));
      Ranks.all(sums);
      rings.forEach(Collective::close);
      assertThat(links).anyMatch(link -> link.contains(weight));
      assertThat(links).noneMatch(link -> link.contains(Ranks.SECRET));
    } finally {
      close(listeners, links);
    }
  }

  @Test
  void withAWrongSecretNoRingIsFormed() throws Exception {
    List<RingListener> listeners = Ranks.listeners(2);
    List<TappedLink> links = tap(listeners);
    try {
      for (Callable<Collective> join :
          joins(listeners, links, List.of(Ranks.SECRET, OTHER_SECRET), SHORT).stream()
              .<Callable<Collective>>map(
                  call -> {
                    var task = Ranks.start(call);
                    return () -> Ranks.result(task);
                  })
              .toList()) {
        assertThatThrownBy(join::call)
            .isInstanceOf(CollectiveException.class)
            .hasMessageContaining("Cannot form the ring of generation 1")
            .hasMessageContaining("after 2000 ms");
      }
      assertThat(links).allSatisfy(link -> assertThat(link.recorded()).isNotEmpty());
    } finally {
      close(listeners, links);
    }
  }

  @Test
  void aByteChangedOnItsWayBreaksTheRingAndNamesThePeer() throws Exception {
    List<RingListener> listeners = Ranks.listeners(2);
    List<TappedLink> links = tap(listeners);
    try {
      List<Collective> rings =
          Ranks.all(joins(listeners, links, List.of(Ranks.SECRET, Ranks.SECRET), Ranks.LONG));
      links.get(0).flipLater(1000); // what rank 1 sends to rank 0
      var first = Ranks.start(() -> sum(rings.get(0), 10_000));
      var second = Ranks.start(() -> sum(rings.get(1), 10_000));
      CollectiveException failure = Objects.requireNonNull(Ranks.failure(first));
      assertThat(failure)
          .hasMessageContaining("Cannot reduce in step 7, bucket 0 on rank 0 of 2, generation 1")
          .hasMessageContaining("rank 1 at /127.0.0.1:")
          .hasMessageContaining("found bytes that fail their AES-GCM tag");
      assertThat(failure.peerRank()).hasValue(1);
      assertThat(Ranks.failure(second)).isNotNull();
    } finally {
      close(listeners, links);
    }
  }

  @Test
  void ranksThatDoNotAgreeOnEncryptionSaySo() {
    List<RingListener> listeners = Ranks.listeners(2);
    List<Callable<Collective>> joins = new ArrayList<>();
    for (int rank = 0; rank < 2; rank++) {
      RingListener listener = listeners.get(rank);
      RingPlan plan =
          new RingPlan(
              1,
              rank,
              Ranks.addresses(listeners),
              Ranks.SECRET,
              Ranks.FINGERPRINT,
              SHORT,
              SHORT,
              rank == 0);
      joins.add(() -> listener.form(plan));
    }
    assertThatThrownBy(() -> Ranks.all(joins))
        .isInstanceOf(CollectiveException.class)
        .hasMessageContaining("in a ring of 2, plain, fingerprint")
        .hasMessageContaining("in a ring of 2, encrypted, fingerprint");
    listeners.forEach(RingListener::close);
  }

  @Test
  void recordsThatAreRepeatedOrLeftOutFail() throws Exception {
    byte[] key = new byte[32];
    RecordCipher sealing = RecordCipher.sealing(key);
    byte[] first = record(sealing, "one");
    byte[] second = record(sealing, "one");
    assertThat(second).isNotEqualTo(first);

    RecordCipher opening = RecordCipher.opening(key);
    assertThat(text(opening, first)).isEqualTo("one");
    assertThatThrownBy(() -> text(opening, first)).isInstanceOf(AEADBadTagException.class);
    assertThatThrownBy(() -> text(RecordCipher.opening(key), second))
        .isInstanceOf(AEADBadTagException.class);
  }

  @Test
  void bothSidesGoOnWithNewKeys() throws Exception {
    byte[] key = {1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8};
    RecordCipher sealing = RecordCipher.sealing(key, 2);
    RecordCipher opening = RecordCipher.opening(key, 2);
    RecordCipher lasting = RecordCipher.opening(key, 100);
    for (int i = 0; i < 7; i++) {
      byte[] sealed = record(sealing, "record " + i);
      assertThat(text(opening, sealed)).isEqualTo("record " + i);
      if (i < 2) {
        assertThat(text(lasting, sealed)).isEqualTo("record " + i);
      } else {
        assertThatThrownBy(() -> text(lasting, sealed)).isInstanceOf(AEADBadTagException.class);
      }
    }
  }

  private static byte[] record(RecordCipher cipher, String text) throws AEADBadTagException {
    ByteBuffer sealed = ByteBuffer.allocate(100);
    cipher.next(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)), sealed);
    return java.util.Arrays.copyOf(sealed.array(), sealed.position());
  }

  private static String text(RecordCipher cipher, byte[] sealed) throws AEADBadTagException {
    ByteBuffer opened = ByteBuffer.allocate(100);
    cipher.next(ByteBuffer.wrap(sealed), opened);
    return new String(opened.array(), 0, opened.position(), StandardCharsets.UTF_8);
  }

  /** RFC 5869, test cases 1 and 2, whose outputs are cut to 32 bytes. */
  @Test
  void keysAreThoseOfTheRfc() {
    HexFormat hex = HexFormat.of();
    byte[] extracted =
        Hkdf.extract(hex.parseHex("000102030405060708090a0b0c"), hex.parseHex("0b".repeat(22)));
    assertThat(hex.formatHex(extracted))
        .isEqualTo("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    assertThat(hex.formatHex(Hkdf.expand(extracted, hex.parseHex("f0f1f2f3f4f5f6f7f8f9"), 32)))
        .isEqualTo("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
  }
}
