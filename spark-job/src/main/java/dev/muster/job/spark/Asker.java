package dev.muster.job.spark;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Asks the driver with a deadline of ours: Spark's own ask waits for up to 120 s. At most {@value
 * #MAX_THREADS} questions are under way; one more fails at once. Thread-safe.
 */
final class Asker implements AutoCloseable {
  static final int MAX_THREADS = 128;

  /** Spark's ask: bytes to the driver, its answer. */
  interface Channel {
    Object ask(Object message) throws Exception;
  }

  private final Channel channel;
  private final AtomicInteger count = new AtomicInteger();
  private final ThreadPoolExecutor threads =
      new ThreadPoolExecutor(
          0, MAX_THREADS, 10, TimeUnit.SECONDS, new SynchronousQueue<>(), this::thread);

  Asker(Channel channel) {
    this.channel = channel;
  }

  private Thread thread(Runnable work) {
    Thread thread = new Thread(work, "muster-ask-" + count.incrementAndGet());
    thread.setDaemon(true);
    return thread;
  }

  /**
   * Asks and waits for the answer.
   *
   * @throws IOException when the driver does not answer in time or cannot be reached
   * @throws IllegalStateException when the driver does not understand the question: a defect
   */
  Message ask(Message question, Duration deadline) throws IOException, InterruptedException {
    CompletableFuture<Message> answer = ask(question);
    try {
      return answer.get(deadline.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IOException("Cannot reach the driver: no answer within " + deadline, e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IllegalStateException defect) {
        throw defect;
      }
      throw new IOException("Cannot reach the driver: " + e.getCause(), e.getCause());
    }
  }

  /** Asks; the answer comes on a thread of this asker, which must not be held up. */
  CompletableFuture<Message> ask(Message question) {
    CompletableFuture<Message> answer = new CompletableFuture<>();
    byte[] bytes = Wire.encode(question);
    try {
      threads.execute(() -> exchange(bytes, answer));
    } catch (RejectedExecutionException e) {
      answer.completeExceptionally(
          new IOException("Cannot reach the driver: " + MAX_THREADS + " questions wait for it", e));
    }
    return answer;
  }

  private void exchange(byte[] question, CompletableFuture<Message> answer) {
    try {
      Object reply = channel.ask(question);
      if (!(reply instanceof byte[] bytes)) {
        answer.completeExceptionally(
            new IllegalStateException("Cannot use the driver's answer: it is " + reply));
        return;
      }
      Message message = Wire.decode(bytes);
      if (message instanceof Message.Refused refused) {
        answer.completeExceptionally(
            new IllegalStateException("The driver refuses a message: " + refused.error()));
      } else {
        answer.complete(message);
      }
    } catch (IllegalArgumentException e) {
      answer.completeExceptionally(
          new IllegalStateException("Cannot use the driver's answer: " + e.getMessage(), e));
    } catch (Throwable e) { // Spark throws what Java does not declare
      answer.completeExceptionally(new IOException("Cannot reach the driver: " + e, e));
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
