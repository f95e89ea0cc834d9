package dev.muster.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One thread for each slot, which do the same work at the same time. The first slot that fails is
 * the cause; the others are told to give up. Used from one thread.
 */
final class SlotThreads implements AutoCloseable {
  private static final Duration GRACE = Duration.ofSeconds(20);

  private final List<ExecutorService> threads = new ArrayList<>();
  private final Duration limit;
  private final GiveUp giveUp;
  private final Object lock = new Object();
  private @Nullable Throwable cause; // guarded by lock
  private int causeRank; // guarded by lock

  /** What a slot does. */
  @FunctionalInterface
  interface Work<T> {
    T of(int rank) throws Exception;
  }

  /** Breaks whatever a slot waits for; from any thread. */
  @FunctionalInterface
  interface GiveUp {
    void of(int rank, String why);
  }

  SlotThreads(int slots, Duration limit, GiveUp giveUp) {
    this.limit = limit;
    this.giveUp = giveUp;
    for (int rank = 0; rank < slots; rank++) {
      String name = "muster-test-slot-" + rank;
      threads.add(
          Executors.newSingleThreadExecutor(
              work -> {
                Thread thread = new Thread(work, name);
                thread.setDaemon(true);
                return thread;
              }));
    }
  }

  /**
   * Has all slots work, and waits for them.
   *
   * @param act e.g. {@code train}
   * @return what each gave, by rank
   */
  <T> List<T> all(String act, Work<T> work) {
    refuseAfterFailure(act);
    List<T> results = finish(act, start(work));
    synchronized (lock) {
      if (cause != null) {
        throw thrown(cause);
      }
    }
    return results;
  }

  /** Has all slots do what must be done also after a failure; what fails now is not told. */
  void allAtTheEnd(String act, Work<?> work) {
    finish(act, start(work));
  }

  private <T> List<Future<T>> start(Work<T> work) {
    List<Future<T>> futures = new ArrayList<>();
    for (int r = 0; r < threads.size(); r++) {
      int rank = r;
      Callable<T> call =
          () -> {
            try {
              return work.of(rank);
            } catch (Throwable e) {
              failed(rank, e);
              throw e;
            }
          };
      futures.add(threads.get(rank).submit(call));
    }
    return futures;
  }

  private <T> List<T> finish(String act, List<Future<T>> futures) {
    List<T> results = new ArrayList<>();
    long deadline = System.nanoTime() + limit.toNanos();
    for (int rank = 0; rank < futures.size(); rank++) {
      try {
        long left = Math.max(0, deadline - System.nanoTime());
        results.add(futures.get(rank).get(left, TimeUnit.NANOSECONDS));
      } catch (ExecutionException e) {
        deadline = Math.min(deadline, System.nanoTime() + GRACE.toNanos());
      } catch (TimeoutException e) {
        failed(
            rank,
            new IllegalStateException(
                "Cannot %s within %d s: %s".formatted(act, limit.toSeconds(), undone(futures))));
        deadline = System.nanoTime() + GRACE.toNanos();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        failed(rank, new IllegalStateException("Cannot " + act + ": the test was interrupted", e));
        return results;
      }
    }
    return results;
  }

  private static String undone(List<? extends Future<?>> futures) {
    List<String> places = new ArrayList<>();
    for (int rank = 0; rank < futures.size(); rank++) {
      if (!futures.get(rank).isDone()) {
        places.add("slot " + rank + " is at " + place("muster-test-slot-" + rank));
      }
    }
    return String.join(", ", places);
  }

  /** The innermost line of a thread that is not the JDK's. */
  private static String place(String thread) {
    return Thread.getAllStackTraces().entrySet().stream()
        .filter(entry -> entry.getKey().getName().equals(thread))
        .flatMap(entry -> Arrays.stream(entry.getValue()))
        .filter(frame -> !frame.getClassName().matches("(java|jdk|sun)\\..*"))
        .findFirst()
        .map(frame -> frame.toString().replaceFirst("^[^(]*/", "")) // without loader and module
        .orElse("its end");
  }

  private void failed(int rank, Throwable failure) {
    synchronized (lock) {
      if (cause != null) {
        if (cause != failure) {
          cause.addSuppressed(failure);
        }
        return;
      }
      cause = failure;
      causeRank = rank;
    }
    for (int other = 0; other < threads.size(); other++) {
      giveUp.of(other, "slot " + rank + " failed: " + failure.getMessage());
    }
  }

  private void refuseAfterFailure(String act) {
    synchronized (lock) {
      if (cause != null) {
        throw new IllegalStateException(
            "Cannot %s: slot %d failed before (%s); open a new tester"
                .formatted(act, causeRank, cause.getMessage()),
            cause);
      }
    }
  }

  private static RuntimeException thrown(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException unchecked
        ? unchecked
        : new IllegalStateException(cause.getMessage(), cause);
  }

  /** Ends the threads. */
  @Override
  public void close() {
    threads.forEach(ExecutorService::shutdownNow);
  }
}
