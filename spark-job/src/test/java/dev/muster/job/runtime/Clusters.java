package dev.muster.job.runtime;

import dev.muster.job.collective.Collective;
import dev.muster.job.collective.RingListener;
import dev.muster.job.collective.RingPlan;
import dev.muster.job.data.GlobalOrder;
import dev.muster.job.data.RecordLayout;
import dev.muster.job.data.RecordStore;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/** Slots as threads of this JVM, over loopback, with records made by the test. */
public final class Clusters {
  static final int FEATURES = 12;
  static final int CLASSES = 4;

  /** A listener that is told everything and asks for nothing. */
  static final StepListener QUIET =
      new StepListener() {
        @Override
        public void at(long step, String phase) {}

        @Override
        public boolean stopRequested() {
          return false;
        }
      };

  private Clusters() {}

  /** Record i: its features, then its class. The same for every caller. */
  static float[] features(int record) {
    Random random = new Random(1000 + record);
    float[] features = new float[FEATURES];
    for (int f = 0; f < FEATURES; f++) {
      features[f] = (float) random.nextGaussian() + (f % CLASSES == label(record) ? 1 : 0);
    }
    return features;
  }

  static long label(int record) {
    return new Random(77 + record).nextInt(CLASSES);
  }

  /** The data of one slot: all partitions, which suits every rank. */
  static SlotData data(Path directory, int records, int rank, int slots) {
    StoredSlotData.Records stored =
        new StoredSlotData.Records(
            records,
            GlobalOrder.logicalShards(slots, slots, Long.MAX_VALUE),
            (layout, share) -> store(directory, layout, records, slots));
    return new StoredSlotData(stored, stored, rank, slots);
  }

  private static RecordStore store(Path directory, RecordLayout layout, int records, int slots) {
    RecordStore store = RecordStore.create(directory, layout, records, slots);
    for (int p = 0; p < slots; p++) {
      List<byte[]> chunks = new ArrayList<>();
      for (int i = p; i < records; i += slots) {
        ByteBuffer record = ByteBuffer.allocate(layout.stride()).order(ByteOrder.nativeOrder());
        for (RecordLayout.Field field : layout.fields()) {
          record.position(field.offset());
          if (field.column().name().equals("x")) {
            for (float value : features(i)) {
              record.putFloat(value);
            }
          } else {
            record.putLong(label(i));
          }
        }
        chunks.add(record.array());
      }
      CRC32C checksum = new CRC32C();
      chunks.forEach(checksum::update);
      store.write(p, chunks.iterator(), checksum.getValue());
    }
    return store;
  }

  /** What each slot does. */
  public interface Slot<T> {
    T run(int rank, Collective ring) throws Exception;
  }

  /** Runs all slots at once, joined in a ring, and returns their results by rank. */
  public static <T> List<T> together(int slots, long generation, Slot<T> slot) throws Exception {
    return together(slots, generation, Duration.ofSeconds(120), slot);
  }

  /** As above, for slots that run longer. */
  static <T> List<T> together(int slots, long generation, Duration limit, Slot<T> slot)
      throws Exception {
    List<RingListener> listeners = new ArrayList<>();
    List<InetSocketAddress> members = new ArrayList<>();
    for (int rank = 0; rank < slots; rank++) {
      RingListener listener = RingListener.bind(InetAddress.getLoopbackAddress());
      listeners.add(listener);
      members.add(listener.address());
    }
    ExecutorService threads = Executors.newFixedThreadPool(slots);
    try {
      List<Callable<T>> calls = new ArrayList<>();
      for (int r = 0; r < slots; r++) {
        int rank = r;
        calls.add(
            () -> {
              RingPlan plan =
                  new RingPlan(
                      generation,
                      rank,
                      members,
                      new byte[32],
                      new byte[32],
                      Duration.ofSeconds(20),
                      Duration.ofSeconds(60));
              return slot.run(rank, listeners.get(rank).form(plan));
            });
      }
      List<Future<T>> futures = new ArrayList<>();
      calls.forEach(call -> futures.add(threads.submit(call)));
      List<T> results = new ArrayList<>();
      for (Future<T> future : futures) {
        results.add(future.get(limit.toSeconds(), TimeUnit.SECONDS));
      }
      return results;
    } finally {
      threads.shutdownNow();
      listeners.forEach(RingListener::close);
    }
  }
}
