package dev.muster.job.spark;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Watches over one running program: Spark kills tasks by a flag and without an interrupt, and the
 * driver's word must reach a program that hangs in a socket. Its thread ends with {@link #close}.
 */
final class Watcher implements AutoCloseable {
  private static final long TICK_MILLIS = 100;
  private static final long POLL_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long JOIN_MILLIS = 5000;

  private final SlotHandle slot;
  private final Asker asker;
  private final Message.Poll poll;
  private final BooleanSupplier killed;
  private final Thread thread;
  private volatile boolean ended;
  private volatile long heardNanos = System.nanoTime();

  Watcher(String name, SlotHandle slot, Asker asker, Message.Poll poll, BooleanSupplier killed) {
    this.slot = slot;
    this.asker = asker;
    this.poll = poll;
    this.killed = killed;
    Map<String, String> logged = MDC.getCopyOfContextMap();
    this.thread =
        new Thread(
            () -> {
              if (logged != null) {
                MDC.setContextMap(logged);
              }
              watch();
            },
            "muster-watcher-" + name);
    thread.setDaemon(true);
  }

  Watcher start() {
    thread.start();
    return this;
  }

  private void watch() {
    @Nullable CompletableFuture<Message> question = null;
    long askedNanos = System.nanoTime();
    try {
      while (!ended) {
        if (killed.getAsBoolean()) {
          slot.cancel("Spark killed the task");
        }
        long now = System.nanoTime();
        if (question != null && question.isDone()) {
          hear(question);
          question = null;
        } else if (question == null && now - askedNanos >= POLL_NANOS) {
          askedNanos = now;
          question = asker.ask(poll);
        }
        if (now - heardNanos > SlotHandle.DRIVER_SILENT.toNanos()) {
          slot.cancel("the driver is silent for " + SlotHandle.DRIVER_SILENT);
        }
        TimeUnit.MILLISECONDS.sleep(TICK_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // closed
    }
  }

  private void hear(CompletableFuture<Message> question) {
    if (!question.isCompletedExceptionally()) {
      heardNanos = System.nanoTime();
      slot.heard(question.join());
    }
  }

  @Override
  public void close() throws InterruptedException {
    ended = true;
    thread.interrupt();
    thread.join(JOIN_MILLIS);
  }
}
