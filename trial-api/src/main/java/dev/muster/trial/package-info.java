/**
 * What a user writes a trial against: the manual. Start from {@link
 * dev.muster.trial.EstimatorTrial}.
 *
 * <p>A <i>trial</i> is one training run with one set of hyperparameters. It is trained by one
 * <i>replica</i> in each <i>slot</i>; a slot is one Spark task with its cores and, if any, its GPU.
 * The slot's number is its <i>rank</i>; rank 0 is the <i>chief</i>. All replicas do the same step
 * at the same time, each on its own part of the global batch, and apply the same averaged
 * gradients, so that their weights stay equal. The driver decides what is done next: train a number
 * of batches, validate, take a checkpoint.
 *
 * <h2>What is called, where and how often</h2>
 *
 * <table border="1">
 * <caption>The calls into a trial, in their order</caption>
 * <tr><th>call</th><th>driver</th><th>each slot</th></tr>
 * <tr><td>constructor, then {@code buildEstimator}, {@code buildTrainSpec}, {@code
 *     buildValidationSpec}, {@code buildServingInputReceivers}</td><td>once</td><td>once in each
 *     process that takes up the slot</td></tr>
 * <tr><td>the model function</td><td>once for each mode, to find errors; nothing is run</td><td>once
 *     for each mode; {@code PREDICT} on the chief alone, once for each serving receiver, at the first
 *     checkpoint</td></tr>
 * <tr><td>a data set's {@link dev.muster.trial.data.Source}</td><td>once; Spark's tasks read the
 *     rows</td><td>never</td></tr>
 * <tr><td>{@code onCheckpointLoad}, {@code loadState}</td><td>never</td><td>when there is a checkpoint
 *     to go on from, before the weights are restored</td></tr>
 * <tr><td>training hooks: {@code begin}, {@code afterCreateSession}; {@code beforeRun} and {@code
 *     afterRun}; {@code end}</td><td>never</td><td>once; each batch; once on normal completion</td></tr>
 * <tr><td>validation hooks</td><td>never</td><td>all five in each validation</td></tr>
 * <tr><td>{@code MetricReducer.empty}, {@code accumulate}</td><td>never</td><td>once in each
 *     validation; once for each batch</td></tr>
 * <tr><td>{@code crossSlotReduce}, {@code result}</td><td>once in each validation</td><td>never</td></tr>
 * <tr><td>{@code MergeableReducer.merge}</td><td colspan="2">on any executor or the driver, any number
 *     of times</td></tr>
 * <tr><td>{@code onCheckpointEnd}</td><td>never</td><td>each checkpoint, on the chief</td></tr>
 * <tr><td>{@code saveState}</td><td>never</td><td>each checkpoint</td></tr>
 * <tr><td>{@code onTrialClose}</td><td>never</td><td>once, whatever ended the trial</td></tr>
 * </table>
 *
 * <p>All calls into one trial, its hooks and its reducers come from one thread, the slot's, one
 * after the other; on the driver from the driver's. {@link
 * dev.muster.trial.EstimatorTrialContext#requestStop()} may be called from any thread.
 *
 * <p>The graphs of the three modes are separate, and their variables are matched by name: build the
 * same layers in each mode, under the same names. A validation takes the weights of the training
 * session; it neither builds a graph nor reads a checkpoint.
 *
 * <h2>What must be deterministic</h2>
 *
 * <p>The trial is built several times, in several processes, and each time the same must come out:
 * the same variables with the same shapes, the same data sets with the same columns, the same
 * metrics and hooks in the same order. Build from the hyperparameters, {@code context.trialSeed()}
 * and {@code context.data(…)}; not from the clock, {@code java.util.Random} without a seed, the
 * rank, the order of a {@code HashMap}, or files that only one machine has. Slots whose variables
 * differ by name, type or shape refuse to train together.
 *
 * <p>A source must give the same rows in the same order each time: sort, where the source has no
 * order of its own.
 *
 * <p>Random ops of the graph need no care: their streams depend on the trial's seed, the op's name,
 * the rank and the step. Initial values are the same on every slot, dropout is different on every
 * slot, and a run that was stopped and resumed draws what an uninterrupted one would have drawn. A
 * random generator of your own Java code is yours to save, by {@link
 * dev.muster.trial.hook.RunHook#saveState()}.
 *
 * <h2>What may be kept in fields</h2>
 *
 * <p>Fields of a trial, a hook or a data set's description live as long as the slot's replica: over
 * many workloads and validations. What a hook must know after a resume goes into its {@code
 * saveState}, or into a file in {@code onCheckpointEnd}. A {@link
 * dev.muster.trial.metric.MetricReducer} keeps nothing: its state is what it returns.
 *
 * <p>Operands and other parts of a graph belong to the graph in which they were made: a hook that
 * keeps one is handed to the specification of the same mode.
 *
 * <p><b>Static fields are shared</b> by all slots that live in one JVM (an executor with several
 * cores, {@code local[n]}, a unit test with several slots), and by several trials: keep no trial's
 * state there.
 *
 * <h2>Variables</h2>
 *
 * <p>What {@code m.layers()} and {@code m.variable} create is trained: equal on all slots at any
 * time. Variables that are assigned and not trained, such as the moving averages of {@code
 * batchNormalization}, follow each slot's own batches; they are averaged over the slots before each
 * validation and each checkpoint, so that what is validated and saved is the same on every slot.
 * The global step is Muster's: it counts batches.
 *
 * <h2>Errors</h2>
 *
 * <p>What is wrong with a trial is found on the driver, before anything trains, as a {@link
 * dev.muster.trial.TrialException} that names the method to change. {@link
 * dev.muster.trial.InvalidHyperparameterException}, thrown by a trial, says that these
 * hyperparameters can never work: the trial is not tried again.
 */
@NullMarked
package dev.muster.trial;

import org.jspecify.annotations.NullMarked;
