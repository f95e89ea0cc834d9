package dev.muster.job.checkpoint;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A file that a slot has written into a staged checkpoint: what the driver needs to commit it.
 * Immutable; travels between JVMs by {@link #encode} and {@link #decode}.
 *
 * @param path below the checkpoint's directory, parts joined by {@code /}
 * @param bytes its size
 * @param sha256 of its content, 64 lower-case hexadecimal digits
 */
public record StagedFile(String path, long bytes, String sha256) {
  private static final int FORMAT = 1;
  private static final int MAX_FILES = 1_000_000;

  /** Refuses a path that leads out, a negative size and a malformed checksum. */
  public StagedFile {
    RelativePath.check(path);
    if (bytes < 0) {
      throw new IllegalArgumentException("Cannot stage '" + path + "': it has " + bytes + " bytes");
    }
    if (!Sha256.isSha256(sha256)) {
      throw new IllegalArgumentException(
          "Cannot stage '" + path + "': '" + sha256 + "' is no SHA-256 in lower-case hexadecimal");
    }
  }

  /** Writes the list as bytes: format, count, then path, size and the checksum's 32 bytes each. */
  public static byte[] encode(List<StagedFile> files) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORMAT);
      out.writeInt(files.size());
      for (StagedFile file : files) {
        out.writeUTF(file.path);
        out.writeLong(file.bytes);
        out.write(HexFormat.of().parseHex(file.sha256));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot encode a list of staged files", e);
    }
    return bytes.toByteArray();
  }

  /**
   * Reads what {@link #encode} wrote.
   *
   * @throws IllegalArgumentException when the bytes are anything else
   */
  public static List<StagedFile> decode(byte[] encoded) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(encoded))) {
      int format = in.readUnsignedByte();
      if (format != FORMAT) {
        throw undecodable("format " + format + ", expected " + FORMAT);
      }
      int count = in.readInt();
      if (count < 0 || count > MAX_FILES) {
        throw undecodable("it says that it holds " + count + " files");
      }
      List<StagedFile> files = new ArrayList<>();
      byte[] sha256 = new byte[32];
      for (int i = 0; i < count; i++) {
        String path = in.readUTF();
        long size = in.readLong();
        in.readFully(sha256);
        files.add(new StagedFile(path, size, HexFormat.of().formatHex(sha256)));
      }
      if (in.available() > 0) {
        throw undecodable(in.available() + " bytes are left over");
      }
      return List.copyOf(files);
    } catch (IOException e) {
      throw new IllegalArgumentException("Cannot decode a list of staged files: it is cut off", e);
    }
  }

  private static IllegalArgumentException undecodable(String fact) {
    return new IllegalArgumentException("Cannot decode a list of staged files: " + fact);
  }
}
