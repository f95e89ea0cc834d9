package dev.muster.job.data;

import dev.muster.trial.TrialException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * A slot's batches, in the order of all slots, read one ahead by a thread of its own. Global batch
 * j of a pass has B = perSlot × size positions; this slot gets those of its own shards.
 *
 * <p>Confined to the thread that trains or evaluates. {@link #close} ends the reading thread and
 * frees all tensors; it does not close the {@link RecordStore}.
 */
public final class SlotBatches implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SlotBatches.class);

  /** Two with the caller, one being filled. */
  private static final int BUFFERS = 3;

  private static final long WAIT_SECONDS = 600;
  private static final long POLL_SECONDS = 1;
  private static final long CLOSE_MILLIS = 10_000;

  private static final long BATCH_STREAM = 0x6261746368L;

  private final BatchPlan plan;
  private final BatchChange change;
  private final RecordStore store;
  private final Thread reader;
  private final boolean endless;
  private final List<BatchBuffer> buffers = new ArrayList<>();
  private final BlockingQueue<BatchBuffer> free = new ArrayBlockingQueue<>(BUFFERS);
  private final BlockingQueue<Filled> ready = new ArrayBlockingQueue<>(BUFFERS + 1);
  private volatile boolean closed;

  private Position position;
  private long remaining;
  private @Nullable BatchBuffer last;
  private @Nullable BatchBuffer beforeLast;
  private @Nullable Throwable failure;

  /** What the reading thread hands over: a batch in its buffer, or why there is none. */
  private sealed interface Filled {
    record Full(BatchBuffer buffer, Batch batch, Position after) implements Filled {}

    record Failed(Throwable cause) implements Filled {}
  }

  private SlotBatches(
      String name,
      RecordStore store,
      BatchPlan plan,
      BatchChange change,
      Position start,
      boolean endless) {
    plan.check(start);
    store.checkSlot(plan.rank(), plan.size());
    this.plan = plan;
    this.change = change;
    this.store = store;
    this.position = start;
    this.endless = endless;
    this.remaining = endless ? Long.MAX_VALUE : plan.batches(plan.passes());
    for (int i = 0; i < BUFFERS; i++) {
      BatchBuffer buffer = BatchBuffer.of(store);
      buffers.add(buffer);
      free.add(buffer);
    }
    long toRead = remaining;
    Map<String, String> logged = MDC.getCopyOfContextMap();
    this.reader =
        new Thread(
            () -> {
              if (logged != null) {
                MDC.setContextMap(logged);
              }
              read(start, toRead);
            },
            "muster-data-" + name + "-" + plan.rank());
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Endless batches for training. A slot's part of a batch may have a few records more or less than
   * {@code perSlot} where batches run on into the next pass or passes begin within the order;
   * otherwise a pass's last batch may be smaller, and a slot's part of it empty.
   *
   * @param store this slot's partitions of the data set that is read
   * @param share what the slot reads
   * @param perSlot the records of a full batch in each slot
   * @param start where to go on, {@link Position#START} at first
   */
  public static SlotBatches training(
      Reading reading, RecordStore store, SlotShare share, int perSlot, Position start) {
    return new SlotBatches(
        "training",
        store,
        plan(reading, store, share, perSlot, Long.MAX_VALUE),
        reading.change(),
        start,
        true);
  }

  /**
   * Passes for validation: in each, each of its records once over all slots; the same number of
   * batches in each slot, the last ones smaller or empty. Parameters as in {@link #training}.
   *
   * @param passes at least 1
   */
  public static SlotBatches validation(
      Reading reading, RecordStore store, SlotShare share, int perSlot, long passes) {
    return new SlotBatches(
        "validation",
        store,
        plan(reading, store, share, perSlot, passes),
        reading.change(),
        Position.START,
        false);
  }

  /**
   * Endless batches of all records, as they are.
   *
   * @param runOn whether a batch runs on into the next pass
   */
  static SlotBatches training(
      RecordLayout layout,
      GlobalOrder order,
      RecordStore store,
      int rank,
      int size,
      int perSlot,
      boolean runOn,
      Position start) {
    return training(
        new Reading(layout, order, Pass.whole(order, runOn), BatchChange.NONE),
        store,
        new SlotShare(rank, size),
        perSlot,
        start);
  }

  /** One pass of all records, as they are. */
  public static SlotBatches validation(
      RecordLayout layout, GlobalOrder order, RecordStore store, int rank, int size, int perSlot) {
    return validation(
        new Reading(layout, order, Pass.whole(order, false), BatchChange.NONE),
        store,
        new SlotShare(rank, size),
        perSlot,
        1);
  }

  private static BatchPlan plan(
      Reading reading, RecordStore store, SlotShare share, int perSlot, long passes) {
    checkSame(reading.layout(), reading.order(), store);
    return new BatchPlan(
        reading.order(), reading.pass(), share.rank(), share.size(), perSlot, passes);
  }

  private static void checkSame(RecordLayout layout, GlobalOrder order, RecordStore store) {
    if (!layout.fingerprint().equals(store.layout().fingerprint())
        || order.records() != store.records()) {
      throw new IllegalArgumentException(
          "Cannot read records: expected "
              + order.records()
              + " of layout "
              + layout.fingerprint()
              + ", the store has "
              + store.records()
              + " of layout "
              + store.layout().fingerprint());
    }
  }

  /** Whether there is another batch: always in training, until the pass's end in validation. */
  public boolean hasNext() {
    return remaining > 0;
  }

  /**
   * The next batch. Its tensors are valid until the second next call after this one: while a batch
   * is used, the one before it is still whole.
   *
   * @throws java.io.UncheckedIOException when a read failed, naming the file; again in each call
   * @throws TrialException when the trial's own change of the batch failed; again in each call
   * @throws NoSuchElementException after the last batch of a validation
   * @throws IllegalStateException when closed, interrupted, or no batch came in 600 s
   */
  public Batch next() {
    if (!hasNext()) {
      throw new NoSuchElementException("Cannot read another batch: the pass is over");
    }
    if (closed) {
      throw new IllegalStateException("Cannot read a batch: the data set is closed");
    }
    if (failure != null) {
      throw rethrow(failure);
    }
    if (beforeLast != null) {
      free.add(beforeLast);
    }
    beforeLast = last;
    last = null;
    Filled filled = await();
    if (filled instanceof Filled.Failed failed) {
      failure = failed.cause();
      throw rethrow(failed.cause());
    }
    Filled.Full full = (Filled.Full) filled;
    last = full.buffer();
    position = full.after();
    if (!endless) {
      remaining--;
    }
    return full.batch();
  }

  private Filled await() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(WAIT_SECONDS);
    try {
      while (System.nanoTime() < deadline) {
        Filled filled = ready.poll(POLL_SECONDS, TimeUnit.SECONDS);
        if (filled != null) {
          return filled;
        }
        if (!reader.isAlive() && ready.isEmpty()) {
          throw new IllegalStateException("Cannot read a batch: the reading thread has ended");
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Cannot read a batch: interrupted", e);
    }
    throw new IllegalStateException(
        "Cannot read a batch: thread " + reader.getName() + " gave none in " + WAIT_SECONDS + " s");
  }

  private static RuntimeException rethrow(Throwable cause) {
    if (cause instanceof TrialException ofTheTrial) {
      return ofTheTrial;
    }
    if (cause instanceof java.io.UncheckedIOException io) {
      return new java.io.UncheckedIOException(io.getMessage(), io.getCause());
    }
    return new IllegalStateException("Cannot read a batch: " + cause.getMessage(), cause);
  }

  /** Where the next batch begins: after those handed out, whatever was read ahead. */
  public Position position() {
    return position;
  }

  private void read(Position start, long batches) {
    LOG.debug("Reading from {}", start);
    try {
      Position at = start;
      for (long left = batches; left > 0 && !closed; left--) {
        BatchBuffer buffer = freeBuffer();
        if (buffer == null) {
          return;
        }
        BatchPlan.Part part = plan.part(at);
        Batch batch = fill(buffer, part);
        ready.add(new Filled.Full(buffer, batch, part.after()));
        at = part.after();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      ready.add(new Filled.Failed(e));
    } catch (Throwable e) {
      ready.add(new Filled.Failed(e));
    }
  }

  /** The row of a batch without examples is changed as well, if it is a record: ops may need it. */
  private Batch fill(BatchBuffer buffer, BatchPlan.Part part) {
    if (part.records().length > 0) {
      Batch batch = buffer.fill(part.records());
      change.apply(batch, place(part.at()));
      return batch;
    }
    Batch none = buffer.fillWithoutExamples(plan.rank());
    if (plan.rank() < store.records()) {
      change.apply(new Batch(1, none.tensors()), place(part.at()));
    }
    return none;
  }

  private long place(Position at) {
    return Permutation.mix(BATCH_STREAM, at.epoch(), at.next(), plan.rank());
  }

  private @Nullable BatchBuffer freeBuffer() throws InterruptedException {
    while (!closed) {
      BatchBuffer buffer = free.poll(POLL_SECONDS, TimeUnit.SECONDS);
      if (buffer != null && !closed) {
        return buffer;
      }
    }
    return null;
  }

  /** Ends the reading thread and frees all tensors; a second call does nothing. */
  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    free.offer(buffers.get(0)); // Wakes a waiting reader, which sees that all is over.
    boolean interrupted = false;
    long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_MILLIS);
    for (long left = CLOSE_MILLIS; left > 0 && reader.isAlive(); ) {
      try {
        reader.join(left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
      left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
    }
    if (reader.isAlive()) {
      LOG.warn("Thread {} still reads after {} ms: its tensors stay", reader.getName(), 10_000);
    } else {
      buffers.forEach(BatchBuffer::close);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
