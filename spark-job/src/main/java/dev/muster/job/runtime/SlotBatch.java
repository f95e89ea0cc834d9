package dev.muster.job.runtime;

import dev.muster.trial.TrialException;
import dev.muster.trial.hook.RunContext;
import dev.muster.trial.hook.RunValues;
import dev.muster.trial.metric.HeapTensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tensorflow.Operand;
import org.tensorflow.Output;
import org.tensorflow.Result;

/** One hook's view of one batch, and what it fetches with it. Confined to the slot's thread. */
final class SlotBatch implements RunContext {
  private final SlotSession session;
  private final long batch;
  private final int examples;
  private final Map<String, Output<?>> fetches = new LinkedHashMap<>();
  private boolean hasRun;

  SlotBatch(SlotSession session, long batch, int examples) {
    this.session = session;
    this.batch = batch;
    this.examples = examples;
  }

  @Override
  public long batch() {
    return batch;
  }

  @Override
  public int examples() {
    return examples;
  }

  @Override
  public void fetch(Operand<?> operand) {
    fetch(session.output(operand));
  }

  @Override
  public void fetch(String name) {
    fetch(session.output(name));
  }

  private void fetch(Output<?> output) {
    if (hasRun) {
      throw new TrialException(
          "Cannot fetch '"
              + RunValues.outputName(output)
              + "' with a batch that has run; fetch it in beforeRun");
    }
    fetches.put(RunValues.outputName(output), output);
  }

  /** Adds what the hook fetches to those of the run. */
  void addTo(Fetches ofRun) {
    fetches.replaceAll((name, output) -> session.fetchable(output));
    fetches.values().forEach(ofRun::add);
  }

  /** Copies of what the hook fetched. */
  RunValues values(Fetches ofRun, Result result) {
    hasRun = true;
    Map<String, HeapTensor> values = new LinkedHashMap<>();
    fetches.forEach(
        (name, output) ->
            values.put(
                name, HeapCopies.copyFor("fetch '" + name + "'", result.get(ofRun.index(output)))));
    return new RunValues(values);
  }

  @Override
  public long globalStep() {
    return session.globalStep();
  }

  @Override
  public HeapTensor value(Operand<?> operand) {
    return session.value(operand);
  }

  @Override
  public HeapTensor value(String name) {
    return session.value(name);
  }

  @Override
  public void requestStop() {
    session.requestStop();
  }

  @Override
  public boolean stopRequested() {
    return session.stopRequested();
  }
}
