package dev.muster.job.spark;

import java.util.Iterator;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.VoidFunction;

/** The body of a leg's tasks. Java serialization carries it, whatever the user's serializer. */
final class SlotTask implements VoidFunction<Iterator<byte[]>> {
  private static final long serialVersionUID = 1;

  @Override
  public void call(Iterator<byte[]> elements) throws InterruptedException {
    if (!(Wire.decode(elements.next()) instanceof Message.Order order)) {
      throw new IllegalStateException("Cannot join the leg: the task has no order");
    }
    TaskContext context = TaskContext.get();
    SlotRun.Task task =
        new SlotRun.Task(
            context.taskAttemptId(),
            context.partitionId(),
            ScalaBridge.executorHost(),
            context::isInterrupted,
            ExecutorGpus.addresses(context.resourcesJMap()));
    new SlotRun(ExecutorSide.current(), order, task).run();
  }
}
