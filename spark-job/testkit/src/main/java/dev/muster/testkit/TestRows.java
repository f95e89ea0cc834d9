package dev.muster.testkit;

import dev.muster.trial.TrialException;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/** Rows of small files, read without Spark, for {@link TrialTesterBuilder#trainingData}. */
public final class TestRows {
  private TestRows() {}

  /**
   * The rows of a CSV file with a header line. A column whose values are all integers holds Longs,
   * one of numbers Doubles, one of {@code true} and {@code false} Booleans, any other Strings; an
   * empty value is null.
   *
   * @param file in UTF-8; quotes as RFC 4180 has them
   * @throws TrialException if a line has not as many values as the header
   */
  public static List<Map<String, Object>> csv(Path file) {
    try {
      return CsvText.rows(Files.readString(file), file.toString());
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }

  /**
   * The rows of a pair of IDX files (gzip too), as {@code Dataset.idx} has them: {@code image}
   * (byte[]) and {@code digit} (a Long).
   *
   * @param limit the most rows
   * @throws TrialException if a file is no IDX file of unsigned bytes
   */
  public static List<Map<String, Object>> idx(Path images, Path labels, int limit) {
    List<byte[]> pixels = idx(images, limit);
    List<byte[]> digits = idx(labels, limit);
    if (pixels.size() != digits.size()) {
      throw new TrialException(
          "Cannot read IDX files: %s has %d records, %s has %d"
              .formatted(images, pixels.size(), labels, digits.size()));
    }
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < pixels.size(); i++) {
      Map<String, Object> row = new LinkedHashMap<>();
      row.put("image", pixels.get(i));
      row.put("digit", (long) Byte.toUnsignedInt(digits.get(i)[0]));
      rows.add(row);
    }
    return rows;
  }

  private static List<byte[]> idx(Path file, int limit) {
    try (DataInputStream in = new DataInputStream(open(file))) {
      int magic = in.readInt();
      int rank = magic & 0xff;
      if (magic >>> 8 != 0x08 || rank < 1 || rank > 3) {
        throw new TrialException(
            "Cannot read %s: expected an IDX file of unsigned bytes, found magic %08x"
                .formatted(file, magic));
      }
      int count = Math.min(in.readInt(), limit);
      int bytes = 1;
      for (int dimension = 1; dimension < rank; dimension++) {
        bytes = Math.multiplyExact(bytes, in.readInt());
      }
      List<byte[]> records = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        byte[] record = new byte[bytes];
        in.readFully(record);
        records.add(record);
      }
      return records;
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file, e);
    }
  }

  private static InputStream open(Path file) throws IOException {
    PushbackInputStream in =
        new PushbackInputStream(new BufferedInputStream(Files.newInputStream(file)), 2);
    byte[] start = in.readNBytes(2);
    in.unread(start);
    return Arrays.equals(start, new byte[] {0x1f, (byte) 0x8b}) ? new GZIPInputStream(in) : in;
  }
}
