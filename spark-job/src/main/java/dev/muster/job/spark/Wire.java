package dev.muster.job.spark;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The format of everything that crosses between driver and executors: {@code 'M'}, a version byte,
 * a byte for the kind of message, its fields (big-endian; texts, payloads and lists with their
 * length before them). Only {@code byte[]} crosses, since an answer of a class from the job jar
 * kills the executor that must deserialize it. Thread-safe.
 */
final class Wire {
  static final int MAX_TEXT_BYTES = 1 << 20;
  static final int MAX_BLOB_BYTES = 16 << 20;
  static final int MAX_LIST_SIZE = 1 << 16;

  private static final byte MAGIC = 'M';
  private static final byte VERSION = 1;

  /** What each kind byte means; a number is never given to another kind. */
  @SuppressWarnings("ImmutableEnumChecker") // the readers are pure functions
  private enum Kind {
    ORDER(1, Message.Order.class, Message.Order::read),
    JOIN(2, Message.Join.class, Message.Join::read),
    POLL(3, Message.Poll.class, Message.Poll::read),
    HEARTBEAT(4, Message.Heartbeat.class, Message.Heartbeat::read),
    REPORT(5, Message.Report.class, Message.Report::read),
    LAST_WORDS(6, Message.LastWords.class, Message.LastWords::read),
    DONE(7, Message.Done.class, Message.Done::read),
    INVENTORY(8, Message.Inventory.class, Message.Inventory::read),
    ASK_TIME(9, Message.AskTime.class, Message.AskTime::read),
    ENCODED(10, Message.Encoded.class, Message.Encoded::read),
    WAIT(20, Message.Wait.class, Message.Wait::read),
    SEAT(21, Seat.class, Seat::read),
    GO(22, Message.Go.class, Message.Go::read),
    OVER(23, Message.Over.class, Message.Over::read),
    ABORT(24, Message.Abort.class, Message.Abort::read),
    CLOSE(25, Message.Close.class, Message.Close::read),
    REFUSED(26, Message.Refused.class, Message.Refused::read),
    TIME(27, Message.Time.class, Message.Time::read);

    private static final Map<Byte, Kind> BY_CODE =
        Stream.of(values()).collect(Collectors.toMap(kind -> kind.code, kind -> kind));
    private static final Map<Class<?>, Kind> BY_TYPE =
        Stream.of(values()).collect(Collectors.toMap(kind -> kind.type, kind -> kind));

    private final byte code;
    private final Class<? extends Message> type;
    private final Function<WireReader, ? extends Message> reader;

    Kind(int code, Class<? extends Message> type, Function<WireReader, ? extends Message> reader) {
      this.code = (byte) code;
      this.type = type;
      this.reader = reader;
    }
  }

  private Wire() {}

  /** Throws {@link IllegalArgumentException} for a message over the limits. */
  static byte[] encode(Message message) {
    Kind kind = Kind.BY_TYPE.get(message.getClass());
    if (kind == null) {
      throw new IllegalArgumentException(
          "Cannot encode message: no code for " + message.getClass());
    }
    WireWriter out = new WireWriter();
    out.writeByte(MAGIC);
    out.writeByte(VERSION);
    out.writeByte(kind.code);
    message.write(out);
    return out.toBytes();
  }

  /** Throws {@link IllegalArgumentException} for anything that {@link #encode} does not yield. */
  static Message decode(byte[] bytes) {
    WireReader in = new WireReader(bytes);
    byte magic = in.readByte();
    if (magic != MAGIC) {
      throw WireReader.broken("it starts with byte " + magic + ", expected " + MAGIC);
    }
    byte version = in.readByte();
    if (version != VERSION) {
      throw WireReader.broken(
          "it has version %d, expected %d; are there two job jars?".formatted(version, VERSION));
    }
    byte code = in.readByte();
    Kind kind = Kind.BY_CODE.get(code);
    if (kind == null) {
      throw WireReader.broken("its kind is " + code + ", which does not exist");
    }
    Message message = kind.reader.apply(in);
    in.expectEnd();
    return message;
  }
}
