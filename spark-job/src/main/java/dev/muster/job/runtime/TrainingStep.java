package dev.muster.job.runtime;

import dev.muster.job.collective.Ballot;
import dev.muster.job.data.Batch;
import dev.muster.trial.EstimatorSpec;
import dev.muster.trial.TrialException;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.Tensor;
import org.tensorflow.proto.RunOptions;
import org.tensorflow.types.TFloat32;

/**
 * One step of training in one slot: feeds a batch, runs the training op with the exchange beside
 * it, then advances the global step. Confined to the slot's thread.
 */
final class TrainingStep {
  private static final RunOptions TRACE =
      RunOptions.newBuilder().setTraceLevel(RunOptions.TraceLevel.SOFTWARE_TRACE).build();

  private final ModelGraph train;
  private final Session session;
  private final GradientWindow window;
  private final int rank;
  private final boolean traced;

  TrainingStep(ModelGraph train, Session session, GradientWindow window, int rank) {
    this(train, session, window, rank, false);
  }

  private TrainingStep(
      ModelGraph train, Session session, GradientWindow window, int rank, boolean traced) {
    this.traced = traced;
    this.train = train;
    this.window = window;
    this.session = session;
    this.rank = rank;
  }

  /** A step whose values come with TensorFlow's statistics of what its ops allocated. */
  static TrainingStep traced(ModelGraph train, Session session, GradientWindow window, int rank) {
    return new TrainingStep(train, session, window, rank, true);
  }

  private Result result(Session.Runner runner) {
    return traced ? runner.setOptions(TRACE).runAndFetchMetadata() : runner.run();
  }

  /**
   * What a step gave.
   *
   * @param values the loss, then what was fetched besides; valid until it is closed
   * @param stop whether any slot asked to stop: the same on all slots
   */
  record Done(Result values, boolean stop) implements AutoCloseable {
    /** The loss of the slot's batch. */
    float loss() {
      return ((TFloat32) values.get(0)).getFloat();
    }

    @Override
    public void close() {
      values.close();
    }
  }

  /** What a step fetches at least: the loss, first. Others may be added. */
  Fetches fetches() {
    Fetches fetches = new Fetches();
    fetches.add(((EstimatorSpec.Train) train.spec()).loss());
    return fetches;
  }

  /**
   * Runs the step.
   *
   * @param ballot this slot's; its step is the number of batches trained before this one
   * @param exchange with the other slots, or null if there are none
   * @param fetches of {@link #fetches}
   */
  Done run(Batch batch, Ballot ballot, @Nullable Exchange exchange, Fetches fetches)
      throws InterruptedException {
    EstimatorSpec.Train spec = (EstimatorSpec.Train) train.spec();
    Session.Runner runner = session.runner();
    train.inputs().forEach((name, input) -> runner.feed(input, tensor(batch.tensors(), name)));
    runner.addTarget(spec.trainOp());
    train.updatePath().addTargets(runner);
    if (batch.examples() > 0) {
      runner.addTarget(train.stepUpdates());
    }
    fetches.addTo(runner);
    window.feed(runner, ballot.step(), batch.examples()); // its fetch is the last
    Done done = exchange == null ? alone(runner, ballot) : withOthers(runner, ballot, exchange);
    try {
      window.keep(ballot.step(), done.values());
      session.runner().addTarget(train.advance()).run().close();
      return done;
    } catch (RuntimeException e) {
      done.close();
      throw e;
    }
  }

  private Done alone(Session.Runner runner, Ballot ballot) {
    try {
      return new Done(result(runner), ballot.stop());
    } catch (RuntimeException e) {
      throw OpFailure.is(e) ? failed(ballot, e) : e;
    }
  }

  private Done withOthers(Session.Runner runner, Ballot ballot, Exchange exchange)
      throws InterruptedException {
    exchange.begin(ballot, window.updatesAfter(ballot.step()));
    Result values;
    try {
      values = result(runner);
    } catch (RuntimeException e) {
      throw firstCause(ballot, exchange, e);
    }
    try {
      return new Done(values, exchange.end().stop());
    } catch (RuntimeException | InterruptedException e) {
      values.close();
      throw e;
    }
  }

  /** A step breaks because of the exchange, or the exchange because of the step. */
  private RuntimeException firstCause(Ballot ballot, Exchange exchange, RuntimeException ofStep)
      throws InterruptedException {
    if (!exchange.isBroken()) {
      exchange.cancel("the step failed: " + ofStep.getMessage());
      return OpFailure.is(ofStep) ? failed(ballot, ofStep) : ofStep;
    }
    try {
      exchange.end();
      return ofStep;
    } catch (RuntimeException ofExchange) {
      ofExchange.addSuppressed(ofStep);
      return ofExchange;
    }
  }

  private TrialException failed(Ballot ballot, RuntimeException inGraph) {
    return new TrialException(
        "Cannot run step "
            + (ballot.step() + 1)
            + " on rank "
            + rank
            + ": an op of the model failed: "
            + String.valueOf(inGraph.getMessage()).replaceFirst("\\.$", ""),
        inGraph);
  }

  static Tensor tensor(Map<String, Tensor> tensors, String name) {
    return Objects.requireNonNull(tensors.get(name), name);
  }
}
