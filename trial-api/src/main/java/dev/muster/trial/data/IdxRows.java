package dev.muster.trial.data;

import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** Reads a pair of IDX files. A class of its own: without Spark it cannot be loaded. */
final class IdxRows {
  private static final StructType SCHEMA =
      new StructType()
          .add("image", DataTypes.BinaryType, false)
          .add("digit", DataTypes.LongType, false);

  private IdxRows() {}

  static Dataset<Row> of(SparkSession spark, String images, String labels) {
    Dataset<Row> imageFile = file(spark, images).toDF("images");
    Dataset<Row> labelFile = file(spark, labels).toDF("labels");
    return imageFile.crossJoin(labelFile).flatMap(new Reader(images, labels), Encoders.row(SCHEMA));
  }

  private static Dataset<Row> file(SparkSession spark, String path) {
    return spark.read().format("binaryFile").load(path).select("content");
  }

  /** Reads both files in one task. */
  private record Reader(String images, String labels) implements FlatMapFunction<Row, Row> {
    @Override
    public Iterator<Row> call(Row files) throws IOException {
      Idx image = Idx.read(files.getAs(0), images);
      Idx label = Idx.read(files.getAs(1), labels);
      if (image.count() != label.count() || label.recordBytes() != 1) {
        throw new IOException(
            "Cannot read IDX files: "
                + images
                + " has "
                + image.count()
                + " records, "
                + labels
                + " has "
                + label.count()
                + " of "
                + label.recordBytes()
                + " bytes");
      }
      return new Records(image, label);
    }
  }

  /** The rows of an opened pair. */
  private static final class Records implements Iterator<Row> {
    private final Idx image;
    private final Idx label;
    private int next;

    Records(Idx image, Idx label) {
      this.image = image;
      this.label = label;
    }

    @Override
    public boolean hasNext() {
      return next < image.count();
    }

    @Override
    public Row next() {
      if (!hasNext()) {
        throw new java.util.NoSuchElementException();
      }
      next++;
      try {
        return RowFactory.create(
            image.stream().readNBytes(image.recordBytes()),
            (long) label.stream().readUnsignedByte());
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
  }

  /** An opened IDX file at its first record. */
  private record Idx(DataInputStream stream, int count, int recordBytes) {
    static Idx read(byte[] content, String path) throws IOException {
      boolean gzip = content.length > 2 && content[0] == 0x1f && content[1] == (byte) 0x8b;
      ByteArrayInputStream bytes = new ByteArrayInputStream(content);
      DataInputStream in =
          new DataInputStream(
              new BufferedInputStream(gzip ? new GZIPInputStream(bytes) : bytes, 1 << 16));
      try {
        int magic = in.readInt();
        if (magic >>> 8 != 0x08 || !List.of(1, 2, 3).contains(magic & 0xff)) {
          throw new IOException(
              String.format(
                  "Cannot read %s: expected an IDX file of unsigned bytes, found magic %08x",
                  path, magic));
        }
        int count = in.readInt();
        int recordBytes = 1;
        for (int rank = magic & 0xff; rank > 1; rank--) {
          recordBytes = Math.multiplyExact(recordBytes, in.readInt());
        }
        return new Idx(in, count, recordBytes);
      } catch (EOFException e) {
        throw new IOException("Cannot read " + path + ": it ends within its header", e);
      }
    }
  }
}
