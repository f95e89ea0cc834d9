package dev.muster.job.spark;

import dev.muster.job.spark.Gang.TaskEnd;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.ExceptionFailure;
import org.apache.spark.ExecutorLostFailure;
import org.apache.spark.TaskEndReason;
import org.apache.spark.TaskFailedReason;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorAdded;
import org.apache.spark.scheduler.SparkListenerExecutorRemoved;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.apache.spark.scheduler.TaskInfo;

/** Brings Spark's news of executors and tasks to the gangs. Called by the listener bus alone. */
final class ClusterListener extends SparkListener {
  /** The local property that names the leg of a job. */
  static final String LEG_PROPERTY = "muster.leg";

  private final DriverSwitchboard switchboard;
  private final Map<Integer, Long> legOfStage = new ConcurrentHashMap<>();

  ClusterListener(DriverSwitchboard switchboard) {
    this.switchboard = switchboard;
  }

  @Override
  public void onExecutorAdded(SparkListenerExecutorAdded event) {
    switchboard
        .executors()
        .added(
            event.executorId(),
            event.executorInfo().executorHost(),
            event.executorInfo().totalCores());
  }

  @Override
  public void onExecutorRemoved(SparkListenerExecutorRemoved event) {
    switchboard.executorRemoved(event.executorId(), event.reason());
  }

  @Override
  public void onStageSubmitted(SparkListenerStageSubmitted event) {
    String leg = event.properties() == null ? null : event.properties().getProperty(LEG_PROPERTY);
    if (leg != null) {
      legOfStage.values().removeIf(earlier -> switchboard.gang(earlier).isEmpty());
      legOfStage.put(event.stageInfo().stageId(), Long.valueOf(leg));
    }
  }

  @Override
  public void onTaskStart(SparkListenerTaskStart event) {
    Long leg = legOfStage.get(event.stageId());
    if (leg != null) {
      switchboard
          .gang(leg)
          .ifPresent(
              gang -> gang.taskStarted(event.taskInfo().taskId(), event.taskInfo().executorId()));
    }
  }

  /** Comes after the end of the stage too, where the stage was cancelled. */
  @Override
  public void onTaskEnd(SparkListenerTaskEnd event) {
    Long leg = legOfStage.get(event.stageId());
    TaskInfo task = event.taskInfo();
    if (leg == null || task == null) {
      return;
    }
    TaskEndReason reason = event.reason();
    String text = reason instanceof TaskFailedReason failed ? failed.toErrorString() : "success";
    switchboard
        .gang(leg)
        .ifPresent(
            gang ->
                gang.taskEnded(task.taskId(), task.executorId(), task.host(), end(reason), text));
  }

  private static TaskEnd end(TaskEndReason reason) {
    if (reason instanceof ExecutorLostFailure) {
      return TaskEnd.EXECUTOR_LOST;
    } else if (reason instanceof ExceptionFailure) {
      return TaskEnd.EXCEPTION;
    } else {
      return reason instanceof TaskFailedReason ? TaskEnd.KILLED : TaskEnd.SUCCESS;
    }
  }
}
