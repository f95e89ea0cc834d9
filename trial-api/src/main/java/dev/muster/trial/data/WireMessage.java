package dev.muster.trial.data;

/**
 * The fields of one protobuf message in a part of an array, read one after the other by {@link
 * #next()}; after it, exactly one of the readers of a value is called. Reads what no version of
 * protobuf changes, so that the trial API depends on none. Confined to one thread.
 */
final class WireMessage {
  static final int VARINT = 0;
  static final int FIXED64 = 1;
  static final int BYTES = 2;
  static final int FIXED32 = 5;
  private static final int GROUP = 3;
  private static final int END_OF_GROUP = 4;
  private static final int MOST_NESTED = 100;

  private final byte[] bytes;
  private final int end;
  private int at;
  private int tag;

  WireMessage(byte[] bytes, int from, int end) {
    this.bytes = bytes;
    this.at = from;
    this.end = end;
  }

  /** The same message from where this stands, for a second reading. */
  WireMessage copy() {
    return new WireMessage(bytes, at, end);
  }

  /** Goes on to the next field; false at the message's end. */
  boolean next() throws WireFormatException {
    if (at == end) {
      return false;
    }
    long read = varint();
    if (read >>> 3 == 0 || read >>> 32 != 0) {
      throw new WireFormatException("found field tag " + Long.toUnsignedString(read));
    }
    tag = (int) read;
    return true;
  }

  /** Whether this is the field, in this form. */
  boolean is(int field, int form) {
    return tag == (field << 3 | form);
  }

  byte[] bytes() {
    return bytes;
  }

  /** Where the next byte stands. */
  int position() {
    return at;
  }

  /** The bytes that are left. */
  int remaining() {
    return end - at;
  }

  boolean isAtEnd() {
    return at == end;
  }

  /** Reads a number of 1 to 10 bytes. */
  long varint() throws WireFormatException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at == end) {
        throw new WireFormatException("expected a number, found the end of its message");
      }
      byte next = bytes[at++];
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new WireFormatException("expected a number of at most 10 bytes, found a longer one");
  }

  /** Reads four bytes, little-endian. */
  int fixed32() throws WireFormatException {
    expect(Integer.BYTES);
    int value =
        (bytes[at] & 0xff)
            | (bytes[at + 1] & 0xff) << 8
            | (bytes[at + 2] & 0xff) << 16
            | bytes[at + 3] << 24;
    at += Integer.BYTES;
    return value;
  }

  /** Reads a field of bytes: a message, a text, a packed list. */
  WireMessage message() throws WireFormatException {
    long length = varint();
    expect(length);
    WireMessage inner = new WireMessage(bytes, at, at + (int) length);
    at += (int) length;
    return inner;
  }

  private void expect(long count) throws WireFormatException {
    if (count < 0 || count > remaining()) {
      throw new WireFormatException(
          "expected "
              + Long.toUnsignedString(count)
              + " more bytes of its message, found "
              + remaining());
    }
  }

  /** Passes over the field's value. */
  void skip() throws WireFormatException {
    skip(0);
  }

  private void skip(int nested) throws WireFormatException {
    switch (tag & 7) {
      case VARINT -> {
        var unused = varint();
      }
      case FIXED64 -> pass(Long.BYTES);
      case BYTES -> {
        var unused = message();
      }
      case FIXED32 -> pass(Integer.BYTES);
      case GROUP -> skipGroup(nested);
      default -> throw new WireFormatException("found field tag " + tag);
    }
  }

  private void pass(int count) throws WireFormatException {
    expect(count);
    at += count;
  }

  private void skipGroup(int nested) throws WireFormatException {
    int opened = tag >>> 3;
    while (nested < MOST_NESTED && next()) {
      if (is(opened, END_OF_GROUP)) {
        return;
      }
      skip(nested + 1);
    }
    throw new WireFormatException("expected the end of group " + opened + ", found none");
  }
}
