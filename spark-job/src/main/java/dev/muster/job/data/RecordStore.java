package dev.muster.job.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A slot's local copy of its partitions, one file each, in a directory of its own that {@link
 * #close} deletes. Of P partitions, partition p holds the records i with i mod P = p, in order and
 * without gaps: the place of a record of fixed length is arithmetic. Where lengths vary, a second
 * file has the place of each record and, last, of the end, as longs.
 *
 * <p>Written by one thread, then read by any number of threads.
 */
public final class RecordStore implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RecordStore.class);
  private static final int CHECK_BYTES = 1 << 20;

  private final RecordLayout layout;
  private final long records;
  private final int partitions;
  private final Path directory;
  private final Map<Integer, PartitionFile> files = new ConcurrentHashMap<>();

  /** A partition; the index is null where records have a fixed length. */
  private record PartitionFile(Path path, FileChannel channel, @Nullable FileChannel index) {}

  private RecordStore(RecordLayout layout, long records, int partitions, Path directory) {
    this.layout = layout;
    this.records = records;
    this.partitions = partitions;
    this.directory = directory;
  }

  /**
   * An empty store.
   *
   * @param parent the directory in which the store makes its own
   * @param records the records of the whole data set
   * @param partitions P, the partitions of the whole data set
   */
  public static RecordStore create(Path parent, RecordLayout layout, long records, int partitions) {
    if (records < 0 || partitions < 1) {
      throw new IllegalArgumentException(
          "Cannot store " + records + " records in " + partitions + " partitions");
    }
    try {
      return new RecordStore(
          layout, records, partitions, Files.createTempDirectory(parent, "muster-data-"));
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot make a directory for records in " + parent, e);
    }
  }

  /** The records of partition p of P when the whole data set has this many. */
  public static long partitionRecords(long records, int partitions, int partition) {
    return (records - partition + partitions - 1) / partitions;
  }

  /**
   * Writes a partition and reads it again to compare its checksum.
   *
   * @param chunks its bytes, whole records in order; read to the end unless this throws
   * @param expectedChecksum the CRC-32C of all its bytes
   * @throws UncheckedIOException when the bytes are not those expected, or the disk fails
   */
  public void write(int partition, Iterator<byte[]> chunks, long expectedChecksum) {
    if (partition < 0 || partition >= partitions || files.containsKey(partition)) {
      throw new IllegalArgumentException(
          "Cannot write partition " + partition + " of " + partitions + ": no such, or written");
    }
    Path path = directory.resolve("partition-" + partition);
    try {
      FileChannel channel = create(path);
      FileChannel index = layout.isFixed() ? null : create(index(path));
      files.put(partition, new PartitionFile(path, channel, index));
      long written = 0;
      while (chunks.hasNext()) {
        byte[] chunk = chunks.next();
        writeFully(channel, ByteBuffer.wrap(chunk));
        if (index != null) {
          writeFully(index, places(chunk, written));
        }
        written += chunk.length;
      }
      if (index != null) {
        writeFully(index, ByteBuffer.allocate(Long.BYTES).putLong(0, written));
      }
      check(partition, path, channel, index, expectedChecksum);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot write records to " + path + ": " + e.getMessage(), e);
    }
  }

  private static FileChannel create(Path path) throws IOException {
    return FileChannel.open(
        path, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE);
  }

  private static Path index(Path path) {
    return path.resolveSibling(path.getFileName() + ".index");
  }

  /** The places of a chunk's records. */
  private ByteBuffer places(byte[] chunk, long start) throws IOException {
    try {
      int count = 0;
      for (int at = 0; at < chunk.length; at += layout.frame().recordBytes(chunk, at)) {
        count++;
      }
      ByteBuffer places = ByteBuffer.allocate(Math.multiplyExact(count, Long.BYTES));
      for (int at = 0; at < chunk.length; at += layout.frame().recordBytes(chunk, at)) {
        places.putLong(start + at);
      }
      return places.flip();
    } catch (IllegalArgumentException e) {
      throw new DamagedRecordsException(e.getMessage());
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  private void check(
      int partition,
      Path path,
      FileChannel channel,
      @Nullable FileChannel index,
      long expectedChecksum)
      throws IOException {
    long count = partitionRecords(records, partitions, partition);
    FileChannel sized = index == null ? channel : index;
    long expected = index == null ? count * layout.stride() : (count + 1) * Long.BYTES;
    if (sized.size() != expected) {
      throw new DamagedRecordsException(
          "Cannot use "
              + (index == null ? path : index(path))
              + ": expected "
              + expected
              + " bytes, found "
              + sized.size());
    }
    long expectedBytes = channel.size();
    CRC32C checksum = new CRC32C();
    ByteBuffer buffer = ByteBuffer.allocateDirect(CHECK_BYTES);
    for (long at = 0; at < expectedBytes; ) {
      int read = channel.read(buffer.clear(), at);
      if (read < 0) {
        throw new DamagedRecordsException("Cannot use " + path + ": it ends at byte " + at);
      }
      checksum.update(buffer.flip());
      at += read;
    }
    if (checksum.getValue() != expectedChecksum) {
      throw new DamagedRecordsException(
          String.format(
              "Cannot use %s: expected CRC-32C %08x, found %08x",
              path, expectedChecksum, checksum.getValue()));
    }
  }

  /** The records of the whole data set. */
  public long records() {
    return records;
  }

  /** P. */
  public int partitions() {
    return partitions;
  }

  /** The bytes of a record. */
  public RecordLayout layout() {
    return layout;
  }

  /** The partition of a record. */
  int partition(long record) {
    return (int) (record % partitions);
  }

  /** A record's place in its partition. */
  long index(long record) {
    return record / partitions;
  }

  /**
   * The partitions that hold records of a slot: partition p has some when p and the slot's rank are
   * the same modulo what partitions and slots have in common.
   *
   * @param partitions P
   */
  public static IntStream partitionsOf(int rank, int size, int partitions) {
    GlobalOrder.checkSlot(rank, size);
    int step = (int) GlobalOrder.gcd(size, partitions);
    return IntStream.iterate(rank % step, partition -> partition < partitions, p -> p + step);
  }

  /** Fails when the store lacks a partition of slot {@code rank} of {@code size}. */
  void checkSlot(int rank, int size) {
    for (int partition : partitionsOf(rank, size, partitions).toArray()) {
      if (!files.containsKey(partition)) {
        throw new IllegalStateException(
            "Cannot read as slot "
                + rank
                + " of "
                + size
                + ": partition "
                + partition
                + " of "
                + partitions
                + " is not in "
                + directory);
      }
    }
  }

  /**
   * Fills the buffer's remaining bytes with consecutive records of a partition, which have a fixed
   * length.
   *
   * @throws UncheckedIOException naming the file
   */
  void read(int partition, long index, ByteBuffer into) {
    PartitionFile file = file(partition);
    try {
      readFully(file.channel(), index * layout.stride(), into);
    } catch (IOException e) {
      throw failed(index, file, e);
    }
  }

  /**
   * Appends consecutive records of a partition whose lengths vary.
   *
   * @throws UncheckedIOException naming the file
   */
  void read(int partition, long index, int count, RecordBytes into) {
    PartitionFile file = file(partition);
    try {
      ByteBuffer places = ByteBuffer.allocate(Math.multiplyExact(count + 1, Long.BYTES));
      readFully(Objects.requireNonNull(file.index()), index * Long.BYTES, places);
      long first = places.getLong(0);
      long bytes = places.getLong(count * Long.BYTES) - first;
      if (first < 0 || bytes < 0 || first + bytes > file.channel().size()) {
        throw new DamagedRecordsException("its index has a place outside the file");
      }
      readFully(file.channel(), first, into.more(bytes));
      into.end(count);
    } catch (IOException e) {
      throw failed(index, file, e);
    } catch (IllegalArgumentException e) {
      throw failed(index, file, new DamagedRecordsException(e.getMessage()));
    }
  }

  private PartitionFile file(int partition) {
    PartitionFile file = files.get(partition);
    if (file == null) {
      throw new IllegalStateException(
          "Cannot read partition " + partition + ": it is not in " + directory);
    }
    return file;
  }

  private static void readFully(FileChannel channel, long start, ByteBuffer into)
      throws IOException {
    for (long at = start; into.hasRemaining(); ) {
      int read = channel.read(into, at);
      if (read < 0) {
        throw new DamagedRecordsException("the file ends at byte " + at);
      }
      at += read;
    }
    into.flip();
  }

  private static UncheckedIOException failed(long index, PartitionFile file, IOException cause) {
    return new UncheckedIOException(
        "Cannot read record " + index + " of " + file.path() + ": " + cause.getMessage(), cause);
  }

  @Override
  public String toString() {
    return directory.toString();
  }

  /** Deletes the files and the directory; a second call does nothing. */
  @Override
  public void close() {
    for (PartitionFile file : files.values()) {
      try {
        file.channel().close();
        Files.deleteIfExists(file.path());
        if (file.index() != null) {
          file.index().close();
          Files.deleteIfExists(index(file.path()));
        }
      } catch (IOException e) {
        LOG.warn("Cannot delete {}", file.path(), e);
      }
    }
    try {
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      LOG.warn("Cannot delete {}", directory, e);
    }
  }
}
