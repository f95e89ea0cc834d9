package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.spark.Message.Abort;
import dev.muster.job.spark.Message.AskTime;
import dev.muster.job.spark.Message.Beat;
import dev.muster.job.spark.Message.Caller;
import dev.muster.job.spark.Message.Claim;
import dev.muster.job.spark.Message.Close;
import dev.muster.job.spark.Message.Done;
import dev.muster.job.spark.Message.Go;
import dev.muster.job.spark.Message.Heartbeat;
import dev.muster.job.spark.Message.Inventory;
import dev.muster.job.spark.Message.Join;
import dev.muster.job.spark.Message.LastWords;
import dev.muster.job.spark.Message.Order;
import dev.muster.job.spark.Message.Over;
import dev.muster.job.spark.Message.Poll;
import dev.muster.job.spark.Message.Position;
import dev.muster.job.spark.Message.Refused;
import dev.muster.job.spark.Message.Report;
import dev.muster.job.spark.Message.Time;
import dev.muster.job.spark.Message.Wait;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class WireTest {
  @Property(tries = 2000)
  void everyMessageComesBackAsItWas(@ForAll("messages") Message message) {
    assertThat(Wire.decode(Wire.encode(message))).isEqualTo(message);
  }

  @Property(tries = 500)
  void everyTruncationIsRejected(@ForAll("messages") Message message, @ForAll Random random) {
    byte[] whole = Wire.encode(message);
    byte[] part = Arrays.copyOf(whole, random.nextInt(whole.length));
    assertThatThrownBy(() -> Wire.decode(part))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("Cannot decode message: ");
  }

  @Property(tries = 500)
  void bytesAfterTheEndAreRejected(@ForAll("messages") Message message) {
    byte[] whole = Wire.encode(message);
    assertThatThrownBy(() -> Wire.decode(Arrays.copyOf(whole, whole.length + 1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Property(tries = 2000)
  void garbageIsRejectedOrIsAMessage(@ForAll byte[] garbage, @ForAll boolean header) {
    byte[] bytes = garbage.clone();
    if (header && bytes.length > 2) {
      bytes[0] = 'M';
      bytes[1] = 1;
      bytes[2] = (byte) (Math.floorMod(bytes[2], 9) + (bytes[2] < 0 ? 20 : 1));
    }
    decodeOrReject(bytes);
  }

  @Property(tries = 2000)
  void aFlippedByteIsRejectedOrIsAMessage(
      @ForAll("messages") Message message, @ForAll Random random) {
    byte[] bytes = Wire.encode(message);
    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
    decodeOrReject(bytes);
  }

  private static void decodeOrReject(byte[] bytes) {
    try {
      assertThat(Wire.decode(bytes)).isNotNull();
    } catch (IllegalArgumentException rejected) {
      assertThat(rejected).hasMessageStartingWith("Cannot ");
    }
  }

  @Test
  void anotherVersionIsNamed() {
    byte[] bytes = Wire.encode(new Over());
    bytes[1] = 2;
    assertThatThrownBy(() -> Wire.decode(bytes))
        .hasMessage("Cannot decode message: it has version 2, expected 1; are there two job jars?");
  }

  @Test
  void aLengthOverTheLimitIsRejectedBeforeAnythingIsAllocated() {
    byte[] bytes = Wire.encode(new Abort(""));
    bytes[3] = 0x7f;
    assertThatThrownBy(() -> Wire.decode(bytes))
        .hasMessage(
            "Cannot decode message: a text has 2130706432 bytes, the limit is " + (1 << 20));
  }

  @Test
  void aPayloadOverTheLimitIsNotEncoded() {
    Report report =
        new Report(
            new Caller(1, 1), Position.UNSEATED, 1, Blob.of(new byte[Wire.MAX_BLOB_BYTES + 1]));
    assertThatThrownBy(() -> Wire.encode(report))
        .hasMessage(
            "Cannot encode message: a payload has %d bytes, the limit is %d"
                .formatted(Wire.MAX_BLOB_BYTES + 1, Wire.MAX_BLOB_BYTES));
  }

  @Test
  void everyTypeThatCrossesHasASample() {
    assertThat(WireSamples.messages().stream().map(message -> message.getClass().getName()))
        .containsExactlyInAnyOrderElementsOf(names(Message.class));
    assertThat(WireSamples.reports().stream().map(report -> report.getClass().getName()))
        .containsExactlyInAnyOrderElementsOf(names(SlotReport.class));
  }

  private static List<String> names(Class<?> sealed) {
    return Arrays.stream(sealed.getPermittedSubclasses()).map(Class::getName).toList();
  }

  @Test
  void everyTypeOfMessageIsTried() {
    assertThat(all().stream().map(arbitrary -> arbitrary.sample().getClass().getName()))
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(Message.class.getPermittedSubclasses()).map(Class::getName).toList());
  }

  @Provide
  Arbitrary<Message> messages() {
    return Arbitraries.oneOf(all());
  }

  private static Arbitrary<String> text() {
    return Arbitraries.strings().withCharRange('\u0000', '\ud7ff').ofMaxLength(40);
  }

  private static Arbitrary<Blob> blob() {
    return Arbitraries.bytes().array(byte[].class).ofMaxSize(100).map(Blob::of);
  }

  private static Arbitrary<Caller> caller() {
    return Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(Caller::new);
  }

  private static Arbitrary<Position> position() {
    return Combinators.combine(
            Arbitraries.longs(), Arbitraries.integers(), Arbitraries.longs(), text())
        .as(Position::new);
  }

  private static Arbitrary<ReplicaKey> key() {
    return Combinators.combine(text(), text(), Arbitraries.longs(), Arbitraries.integers())
        .as(ReplicaKey::new);
  }

  private static List<Arbitrary<Message>> all() {
    List<Arbitrary<Message>> all = new ArrayList<>(answers());
    Arbitrary<Claim> claim =
        Combinators.combine(Arbitraries.longs(), Arbitraries.integers()).as(Claim::new);
    Arbitrary<Vitals> vitals =
        Combinators.combine(
                Arbitraries.longs(),
                Arbitraries.longs(),
                Arbitraries.doubles(),
                Arbitraries.doubles(),
                Arbitraries.longs())
            .as(Vitals::new);
    Arbitrary<Beat> beat =
        Combinators.combine(caller(), position(), Arbitraries.longs(), vitals).as(Beat::new);
    all.add(Combinators.combine(text(), Arbitraries.longs(), text(), text()).as(Order::new));
    Arbitrary<GpuName> gpu = Combinators.combine(text(), text()).as(GpuName::new);
    all.add(
        Combinators.combine(caller(), Arbitraries.integers(), text(), text(), text(), claim, gpu)
            .as(Join::new));
    all.add(caller().map(Poll::new));
    all.add(beat.list().ofMaxSize(5).map(Heartbeat::new));
    all.add(Combinators.combine(caller(), position(), Arbitraries.longs(), blob()).as(Report::new));
    all.add(
        Combinators.combine(
                caller(),
                position(),
                text(),
                text(),
                Arbitraries.of(FailureKind.class),
                text(),
                text(),
                text())
            .as(LastWords::new));
    all.add(Combinators.combine(caller(), position()).as(Done::new));
    all.add(Combinators.combine(text(), key().list().ofMaxSize(5)).as(Inventory::new));
    all.add(Arbitraries.just(new AskTime()));
    all.add(Arbitraries.just(new Message.Encoded("driver", 1, 7, 5, 3)));
    return all;
  }

  private static List<Arbitrary<Message>> answers() {
    Arbitrary<Message> seat =
        Combinators.combine(
                text(),
                Arbitraries.longs(),
                Arbitraries.integers().between(1, 9),
                Arbitraries.integers().between(0, 8),
                blob(),
                blob(),
                Arbitraries.integers())
            .as(
                (trial, generation, size, rank, secret, order, slots) ->
                    new Seat(
                        trial,
                        generation,
                        rank % size,
                        size,
                        IntStream.range(0, size).mapToObj(i -> "host" + i + ":" + i).toList(),
                        secret,
                        IntStream.range(0, rank % size).boxed().toList(),
                        order,
                        slots));
    return List.of(
        seat,
        Combinators.combine(text(), Arbitraries.of(true, false)).as(Wait::new),
        Arbitraries.of(true, false).map(Go::new),
        Arbitraries.just(new Over()),
        text().map(Abort::new),
        key().list().ofMaxSize(5).map(Close::new),
        text().map(Refused::new),
        Arbitraries.longs().map(Time::new));
  }
}
