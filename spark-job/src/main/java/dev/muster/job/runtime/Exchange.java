package dev.muster.job.runtime;

import dev.muster.job.collective.Agreement;
import dev.muster.job.collective.Ballot;
import dev.muster.job.collective.Collective;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.op.Op;
import org.tensorflow.op.core.Placeholder;
import org.tensorflow.types.TFloat32;

/**
 * The exchange of one replica in one generation: while the slot's thread runs a step, the thread
 * {@code muster-exchange-<rank>} takes the gradients out of the graph, averages them over the slots
 * and hands the mean back. Out of place: TensorFlow's tensor is only read; the mean is written into
 * one of two buffers in turn, since a queue keeps what it was fed by reference until the step that
 * dequeues it has ended.
 *
 * <p>{@link #begin} and {@link #end} belong to the slot's thread; {@link #cancel} to any.
 */
final class Exchange implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
  private static final Duration POLL = Duration.ofSeconds(1);
  private static final Duration END = Duration.ofSeconds(10);

  /**
   * The graph's ends of the exchange.
   *
   * @param sent hands this slot's gradients to the exchange's thread; null where there are none
   * @param gradients what that thread fetches: this slot's gradients, flat
   * @param mean what it feeds: the mean of all slots, or nothing where none was asked for
   * @param answer hands that to the step
   * @param received where the step waits for it
   * @param cancel breaks both queues, for good
   * @param elements of the flat tensor
   * @param weighted whether the gradients are weighted already: they are added up, not averaged
   */
  record Ends(
      @Nullable Op sent,
      Output<TFloat32> gradients,
      Placeholder<TFloat32> mean,
      Op answer,
      Output<TFloat32> received,
      Op cancel,
      long elements,
      boolean weighted) {}

  /** What a step asks for. */
  private record Request(Ballot ballot, boolean gradients) {}

  /** How a step's exchange ended: exactly one of the two. */
  private record Outcome(@Nullable Agreement agreement, @Nullable Throwable failure) {}

  private final Session session;
  private final Ends ends;
  private final Collective collective;
  private final Session.Runner takeGradients;
  private final List<TFloat32> means;
  private final List<ByteBuffer> meanMemory;
  private final List<Session.Runner> giveMean;
  private final TFloat32 nothing;
  private final Session.Runner giveNothing;
  private final BlockingQueue<Request> requests = new ArrayBlockingQueue<>(1);
  private final BlockingQueue<Outcome> outcomes = new ArrayBlockingQueue<>(1);
  private final Thread thread;
  private volatile boolean closed;
  private volatile boolean broken;

  Exchange(Session session, Ends ends, Collective collective) {
    this.session = session;
    this.ends = ends;
    this.collective = collective;
    Shape shape = Shape.of(ends.elements());
    takeGradients = session.runner().fetch(ends.gradients());
    means = List.of(TFloat32.tensorOf(shape), TFloat32.tensorOf(shape));
    meanMemory = means.stream().map(TensorFlowInternals::memory).toList();
    giveMean =
        means.stream()
            .map(mean -> session.runner().feed(ends.mean(), mean).addTarget(ends.answer()))
            .toList();
    nothing = TFloat32.tensorOf(Shape.of(0));
    giveNothing = session.runner().feed(ends.mean(), nothing).addTarget(ends.answer());
    Map<String, String> logged = MDC.getCopyOfContextMap();
    thread =
        new Thread(
            () -> {
              if (logged != null) {
                MDC.setContextMap(logged);
              }
              exchange();
            },
            "muster-exchange-" + collective.rank());
    thread.setDaemon(true);
    thread.start();
  }

  private void exchange() {
    LOG.debug("The exchange begins");
    int turn = 0;
    try {
      while (!closed) {
        Request request = requests.poll(POLL.toMillis(), TimeUnit.MILLISECONDS);
        if (request != null) {
          outcomes.put(new Outcome(step(request, turn), null));
          turn = 1 - turn;
        }
      }
    } catch (InterruptedException e) {
      if (!closed) {
        fail(e);
      }
    } catch (Throwable e) {
      fail(e);
    }
  }

  private Agreement step(Request request, int turn) {
    Ballot ballot = request.ballot();
    Agreement agreement = collective.agree(ballot);
    if (!request.gradients()) {
      giveNothing.run().close();
      return agreement;
    }
    // A slot without examples hands in zeros; its gradients, of a row that counts for nothing, are
    // not read.
    float weight =
        ends.weighted()
            ? 1
            : (float) ((double) ballot.examples() / Math.max(1, agreement.totalExamples()));
    try (Result result = takeGradients.run()) {
      collective.allReduce(
          TensorFlowInternals.memory(result.get(0)), weight, meanMemory.get(turn).clear());
    }
    giveMean.get(turn).run().close();
    return agreement;
  }

  private void fail(Throwable failure) {
    broken = true;
    outcomes.offer(new Outcome(null, failure));
    breakQueues();
  }

  /**
   * Lets this slot's part of the step's exchange begin, beside the step itself.
   *
   * @param updates whether the step updates the variables: gradients are exchanged, where there are
   *     any; otherwise the ballots alone, for which the step waits as well
   */
  void begin(Ballot ballot, boolean updates) {
    if (!requests.offer(new Request(ballot, updates && ends.elements() > 0))) {
      throw new IllegalStateException("Cannot begin a step's exchange: the last one has not ended");
    }
  }

  /**
   * What the slots agreed on in the step that has run.
   *
   * @throws dev.muster.job.collective.CollectiveException if the exchange broke
   */
  Agreement end() throws InterruptedException {
    Outcome outcome = null;
    while (outcome == null) {
      outcome = outcomes.poll(POLL.toMillis(), TimeUnit.MILLISECONDS);
      if (outcome == null && !thread.isAlive() && outcomes.isEmpty()) {
        throw new IllegalStateException("Cannot end the exchange: its thread has ended");
      }
    }
    if (outcome.failure() instanceof RuntimeException failure) {
      throw failure;
    }
    if (outcome.failure() != null) {
      throw new IllegalStateException("Cannot exchange gradients", outcome.failure());
    }
    return java.util.Objects.requireNonNull(outcome.agreement());
  }

  /** Breaks a step that hangs in the exchange; the session's queues are unusable afterwards. */
  void cancel(String why) {
    broken = true;
    collective.abort(why);
    breakQueues();
  }

  /** Whether the exchange broke: a step that fails now fails because of it. */
  boolean isBroken() {
    return broken;
  }

  private void breakQueues() {
    try {
      session.runner().addTarget(ends.cancel()).run().close();
    } catch (RuntimeException e) {
      LOG.debug("queues were closed already", e);
    }
  }

  /** Ends the thread; the queues stay usable by the next generation when no step was under way. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(END.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (thread.isAlive()) {
      LOG.warn("{} did not end within {} s; its buffers stay", thread.getName(), END.toSeconds());
      return;
    }
    means.forEach(TFloat32::close);
    nothing.close();
  }
}
