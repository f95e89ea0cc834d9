package dev.muster.job.spark;

import dev.muster.job.data.Pass;
import dev.muster.job.data.RecordFrame;
import dev.muster.job.data.RecordLayout;
import dev.muster.job.data.SlotShare;
import dev.muster.job.runtime.StepProbe;
import dev.muster.job.runtime.TrialCheck;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.data.Selection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * Whether the data sets have the columns that the trial declares, and whether their first records
 * can be encoded and trained on. Reads a batch of records, not the data: what is wrong further on
 * is found when it is encoded.
 */
final class DataCheck {
  private static final int MOST_RECORDS = 256;
  private static final int MOST_BYTES = 8 << 20;

  private final Sources sources;
  private final TrialCheck trial;
  private final int slots;
  private final DriverStep step;

  DataCheck(Sources sources, TrialCheck trial, int slots, Path scratch) {
    this.sources = sources;
    this.trial = trial;
    this.slots = slots;
    this.step = new DriverStep(trial, scratch);
  }

  /** What was found, of training and validation data, then of a step on the first records. */
  List<Finding> findings() throws InterruptedException {
    List<Finding> findings = new ArrayList<>();
    List<byte[]> first = look("training", trial.trainingData(), findings);
    look("validation", trial.validationData(), findings);
    if (!first.isEmpty()) {
      findings.add(step(first));
    }
    return findings;
  }

  /** The first records; none if there are none or one has a fault. */
  @SuppressWarnings("CatchingUnchecked") // Scala's methods throw checked exceptions undeclared
  private List<byte[]> look(String what, Dataset dataset, List<Finding> findings) {
    try {
      org.apache.spark.sql.Dataset<Row> source = sources.rows(dataset);
      RecordLayout layout = RecordLayout.of(dataset.columns());
      ShardSchema schema = new ShardSchema(dataset.description(), source.schema());
      List<String> faults = schema.faults(layout);
      faults.forEach(fault -> findings.add(problem(fault)));
      return faults.isEmpty()
          ? first(what, dataset, source, schema.columns(layout), layout.frame(), findings)
          : List.of();
    } catch (TrialException e) {
      findings.add(problem(String.valueOf(e.getMessage())));
    } catch (Exception e) {
      findings.add(
          problem(
              "Cannot read data set '%s': %s; correct its source"
                  .formatted(dataset.description(), StackTraces.rootCause(e))));
    }
    return List.of();
  }

  private List<byte[]> first(
      String what,
      Dataset dataset,
      org.apache.spark.sql.Dataset<Row> source,
      List<ShardColumn> columns,
      RecordFrame frame,
      List<Finding> findings) {
    int global = trial.perSlotBatchSize() * slots;
    int wanted =
        Math.max(
            1, Math.min(Math.min(MOST_RECORDS, global), MOST_BYTES / Math.max(1, frame.stride())));
    ShardPlan plan = new ShardPlan(columns, frame, List.of(), 1);
    Selection selection = dataset.pipeline().ofSource();
    JavaRDD<InternalRow> rows =
        ShardEncoder.select(source, columns).queryExecution().toRdd().toJavaRDD();
    if (selection.skip() > 0) {
      rows = ShardEncoder.selected(dataset, rows); // reads all rows, as their numbers need it
    }
    int most = (int) Math.min(wanted, selection.take());
    List<byte[]> records = new ArrayList<>();
    for (byte[] answer : rows.mapPartitionsWithIndex(new FirstRecords(plan), false).take(most)) {
      if (!FirstRecords.isRecord(answer)) {
        findings.add(fault(dataset, selection.skip() + records.size(), answer));
        return List.of();
      }
      records.add(FirstRecords.record(answer));
    }
    long bytes = records.stream().mapToLong(record -> record.length).sum();
    findings.add(
        counted(
            what, dataset, records.size(), wanted, global, bytes / Math.max(1, records.size())));
    return records;
  }

  private static Finding fault(Dataset dataset, long before, byte[] answer) {
    String name = dataset.description();
    return problem(
        FirstRecords.isRowFault(answer)
            ? "Cannot encode record %d of data set '%s': %s"
                .formatted(before, name, FirstRecords.fault(answer))
            : "Cannot read data set '%s': %s; correct its source"
                .formatted(name, FirstRecords.fault(answer)));
  }

  private Finding counted(
      String what, Dataset dataset, int found, int wanted, int global, long each) {
    String name = dataset.description();
    if (found == 0) {
      return problem(
          "Cannot use the %s data: its source has no records; check its path".formatted(what));
    }
    int perSlot =
        what.equals("training")
            ? trial.perSlotBatchSize()
            : dataset.batchSize().orElse(trial.perSlotBatchSize());
    Pass.of(dataset, found < wanted ? found : Long.MAX_VALUE)
        .refuseNoBatch(what, SlotShare.batch(dataset, perSlot, slots));
    if (found < wanted && found < slots && dataset.isSharded()) {
      return Finding.warning(
          "data",
          "the %s data '%s' has %d records for %d slots: some slots get none; add records, or lower resources.slots_per_trial"
              .formatted(what, name, found, slots));
    }
    if (found < wanted && what.equals("training")) {
      return Finding.warning(
          "data",
          "the training data '%s' has %d records, less than one global batch of %d: each step takes what there is; add records, or lower hyperparameters.global_batch_size"
              .formatted(name, found, global));
    }
    return Finding.fine(
        "data",
        String.format(
            Locale.ROOT,
            "%s data '%s': %d columns as declared; the first %d records can be encoded, %,d bytes each",
            what,
            name,
            dataset.columns().size(),
            found,
            each));
  }

  private Finding step(List<byte[]> first) throws InterruptedException {
    List<byte[]> batch = first.subList(0, Math.min(first.size(), trial.perSlotBatchSize()));
    try {
      StepProbe.Step ran = step.on(batch);
      if (Float.isFinite(ran.loss())) {
        return Finding.fine(
            "step",
            String.format(
                Locale.ROOT,
                "a step on the first %d records runs in %d ms and holds %.1f MiB; the loss is %.4g",
                ran.examples(),
                ran.millis(),
                (double) ran.bytes() / (1 << 20),
                ran.loss()));
      }
      return Finding.warning(
          "step",
          "the loss of the first %d records is %s before any update; check the model's loss, and the data for values that are no numbers"
              .formatted(ran.examples(), ran.loss()));
    } catch (DriverStep.FailedException e) {
      return e.getCause() instanceof TrialException
          ? Finding.problem("step", e.getMessage() + "; it is a step on the first records")
          : Finding.warning(
              "step", "no step was run: " + e.getMessage() + "; a slot's may be faster");
    }
  }

  private static Finding problem(String text) {
    return Finding.problem("data", text);
  }
}
