package dev.muster.job.collective;

import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** All ranks of a ring as threads of this JVM, over loopback. */
final class Ranks implements AutoCloseable {
  static final Duration LONG = Duration.ofSeconds(15);
  static final byte[] SECRET =
      "0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  static final byte[] FINGERPRINT = {1, 2, 3};

  /** What one rank does. */
  interface Operation<T> {
    T run(Collective ring) throws Exception;
  }

  private final List<RingListener> listeners;
  private final List<Collective> rings;

  private Ranks(List<RingListener> listeners, List<Collective> rings) {
    this.listeners = listeners;
    this.rings = rings;
  }

  static Ranks form(int size) {
    return form(size, LONG);
  }

  static Ranks form(int size, Duration progressTimeout) {
    return form(size, progressTimeout, false);
  }

  static Ranks formEncrypted(int size) {
    return form(size, LONG, true);
  }

  private static Ranks form(int size, Duration progressTimeout, boolean encrypted) {
    List<RingListener> listeners = listeners(size);
    List<Callable<Collective>> joins = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      RingListener listener = listeners.get(rank);
      RingPlan plan =
          new RingPlan(
              1, rank, addresses(listeners), SECRET, FINGERPRINT, LONG, progressTimeout, encrypted);
      joins.add(() -> listener.form(plan));
    }
    return new Ranks(listeners, all(joins));
  }

  static List<RingListener> listeners(int size) {
    List<RingListener> listeners = new ArrayList<>();
    for (int rank = 0; rank < size; rank++) {
      listeners.add(RingListener.bind(InetAddress.getLoopbackAddress()));
    }
    return listeners;
  }

  static List<InetSocketAddress> addresses(List<RingListener> listeners) {
    return listeners.stream().map(RingListener::address).toList();
  }

  Collective ring(int rank) {
    return rings.get(rank);
  }

  /** Every rank's result. */
  <T> List<T> each(Operation<T> operation) {
    List<Callable<T>> calls = new ArrayList<>();
    for (Collective ring : rings) {
      calls.add(() -> operation.run(ring));
    }
    return all(calls);
  }

  /** Every rank's failure. */
  List<CollectiveException> failures(Operation<?> operation) {
    return each(
        ring -> {
          try {
            operation.run(ring);
          } catch (CollectiveException e) {
            return e;
          }
          throw new AssertionError("rank " + ring.rank() + " did not fail");
        });
  }

  static <T> List<T> all(List<Callable<T>> calls) {
    List<FutureTask<T>> tasks = new ArrayList<>();
    for (Callable<T> call : calls) {
      tasks.add(start(call));
    }
    return tasks.stream().map(Ranks::result).toList();
  }

  static <T> FutureTask<T> start(Callable<T> call) {
    FutureTask<T> task = new FutureTask<>(call);
    Thread thread = new Thread(task, "test-rank");
    thread.setDaemon(true);
    thread.start();
    return task;
  }

  static <T> T result(FutureTask<T> task) {
    try {
      return task.get(20, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new AssertionError(e.getCause());
    } catch (InterruptedException | TimeoutException | CancellationException e) {
      throw new AssertionError("a rank hangs", e);
    }
  }

  static @Nullable CollectiveException failure(FutureTask<?> task) {
    try {
      result(task);
      return null;
    } catch (CollectiveException e) {
      return e;
    }
  }

  /** Waits until the thread is inside a selector. */
  static Thread awaitSelect(AtomicReference<Thread> caller) {
    return await()
        .until(
            caller::get,
            thread ->
                thread != null
                    && Arrays.stream(thread.getStackTrace())
                        .anyMatch(frame -> frame.getMethodName().equals("select")));
  }

  static ByteBuffer direct(float... values) {
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(values.length * Float.BYTES).order(ByteOrder.nativeOrder());
    buffer.asFloatBuffer().put(values);
    return buffer;
  }

  static float[] floats(ByteBuffer buffer) {
    float[] values = new float[buffer.remaining() / Float.BYTES];
    buffer.asFloatBuffer().get(values);
    return values;
  }

  @Override
  public void close() {
    rings.forEach(Collective::close);
    listeners.forEach(RingListener::close);
  }
}
