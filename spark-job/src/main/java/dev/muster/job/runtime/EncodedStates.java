package dev.muster.job.runtime;

import dev.muster.trial.TrialException;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.OutputStream;
import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * States of metrics as bytes: their number, then for each its name, its length and its Java
 * serialization. A state can be taken out without reading the others.
 */
public final class EncodedStates {
  /** What all states of a slot may weigh. */
  static final int MAX_BYTES = 1 << 30;

  private EncodedStates() {}

  /** The bytes of these states. */
  static byte[] encode(Map<String, ? extends Serializable> states) {
    Buffer buffer = new Buffer();
    buffer.writeInt(states.size());
    states.forEach(
        (name, state) -> {
          buffer.writeText(name);
          int at = buffer.size();
          buffer.writeInt(0);
          write(name, state, buffer);
          buffer.setInt(at, buffer.size() - at - Integer.BYTES);
        });
    return buffer.toBytes();
  }

  private static void write(String name, Serializable state, Buffer buffer) {
    try {
      ObjectOutputStream out = new ObjectOutputStream(buffer);
      out.writeObject(state);
      out.flush();
    } catch (TooLargeException e) {
      throw new TrialException(
          "Cannot send the state of metric '"
              + name
              + "': with it the slot's states have more than "
              + MAX_BYTES
              + " bytes; gather sums or histograms instead of values",
          e);
    } catch (IOException e) {
      throw new TrialException(
          "Cannot send the state of metric '"
              + name
              + "': "
              + e
              + "; a state must be serializable with all that it holds",
          e);
    }
  }

  /** The states as objects, by name. */
  static Map<String, Serializable> decode(byte[] encoded) {
    Map<String, Serializable> decoded = new LinkedHashMap<>();
    slices(encoded)
        .forEach(
            (name, slice) -> {
              try (TrialObjectInput in =
                  new TrialObjectInput(
                      new ByteArrayInputStream(encoded, slice.position(), slice.remaining()))) {
                decoded.put(name, (Serializable) in.readObject());
              } catch (IOException | ClassNotFoundException e) {
                throw new IllegalStateException("Cannot read the state of metric " + name, e);
              }
            });
    return decoded;
  }

  /** The encoding of the states with these names, in their order. */
  public static byte[] select(byte[] encoded, Set<String> names) {
    Map<String, ByteBuffer> slices = slices(encoded);
    slices.keySet().retainAll(names);
    Buffer buffer = new Buffer();
    buffer.writeInt(slices.size());
    slices.forEach(
        (name, slice) -> {
          buffer.writeText(name);
          buffer.writeInt(slice.remaining());
          buffer.write(encoded, slice.position(), slice.remaining());
        });
    return buffer.toBytes();
  }

  private static Map<String, ByteBuffer> slices(byte[] encoded) {
    Map<String, ByteBuffer> slices = new LinkedHashMap<>();
    ByteArrayInputStream bytes = new ByteArrayInputStream(encoded);
    DataInputStream in = new DataInputStream(bytes);
    try {
      for (int count = in.readInt(); count > 0; count--) {
        String name = in.readUTF();
        int length = in.readInt();
        int at = encoded.length - bytes.available();
        slices.put(name, ByteBuffer.wrap(encoded, at, length));
        in.skipNBytes(length);
      }
    } catch (IOException e) {
      throw new IllegalStateException("Cannot read metric states", e);
    }
    return slices;
  }

  private static final class TooLargeException extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  /** Grows up to the limit; a length can be filled in later. */
  private static final class Buffer extends OutputStream {
    private byte[] bytes = new byte[1024];
    private int size;

    int size() {
      return size;
    }

    byte[] toBytes() {
      return Arrays.copyOf(bytes, size);
    }

    void setInt(int at, int value) {
      ByteBuffer.wrap(bytes).putInt(at, value);
    }

    void writeInt(int value) {
      reserve(Integer.BYTES);
      setInt(size, value);
      size += Integer.BYTES;
    }

    void writeText(String text) {
      try {
        new DataOutputStream(this).writeUTF(text);
      } catch (IOException e) {
        throw new IllegalStateException("Cannot encode a metric's name", e);
      }
    }

    @Override
    public void write(int value) {
      reserve(1);
      bytes[size++] = (byte) value;
    }

    @Override
    public void write(byte[] source, int from, int length) {
      reserve(length);
      System.arraycopy(source, from, bytes, size, length);
      size += length;
    }

    private void reserve(int more) {
      if (more > MAX_BYTES - size) {
        throw new TooLargeException();
      }
      if (size + more > bytes.length) {
        bytes = Arrays.copyOf(bytes, Math.max(size + more, Math.min(MAX_BYTES, 2 * bytes.length)));
      }
    }
  }
}
