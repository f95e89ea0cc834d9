package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import com.codahale.metrics.MetricRegistry;
import dev.muster.job.spark.Message.Abort;
import dev.muster.job.spark.Message.Caller;
import dev.muster.job.spark.Message.Close;
import dev.muster.job.spark.Message.Go;
import dev.muster.job.spark.Message.Heartbeat;
import dev.muster.job.spark.Message.Inventory;
import dev.muster.job.spark.Message.Poll;
import dev.muster.job.spark.Message.Refused;
import java.util.List;
import org.apache.spark.SparkConf;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DriverSwitchboardTest {
  private final DriverSwitchboard switchboard =
      new DriverSwitchboard(new SparkConf(false), new MetricRegistry());

  private @Nullable Message ask(Object message) {
    byte[] answer = switchboard.receive(message);
    return answer == null ? null : Wire.decode(answer);
  }

  @Test
  void anErrorIsAnAnswer() {
    assertThat(ask("text"))
        .isEqualTo(new Refused("Cannot answer: the message is a java.lang.String"));
    assertThat(ask(new byte[] {1, 2, 3})).isInstanceOf(Refused.class);
    assertThat(ask(Wire.encode(new Go(true))))
        .isEqualTo(new Refused("Cannot answer: a Go is no request"));
  }

  @Test
  void aHeartbeatGetsNoAnswer() {
    assertThat(ask(Wire.encode(new Heartbeat(List.of())))).isNull();
  }

  @Test
  void anUnknownLegIsAborted() {
    assertThat(ask(Wire.encode(new Poll(new Caller(9, 1)))))
        .isEqualTo(new Abort("leg 9 is unknown to this driver"));
  }

  @Test
  void replicasThatNoGenerationNeedsAreClosed() {
    TrialLedger trial = switchboard.ledger("trial");
    ReplicaKey unknown = new ReplicaKey("app", "unknown", 1, 0);
    ReplicaKey first = new ReplicaKey("app", "trial", 1, 0);
    ReplicaKey second = new ReplicaKey("app", "trial", 2, 0);
    byte[] inventory = Wire.encode(new Inventory("e0", List.of(unknown, first, second)));

    trial.nextGeneration();
    trial.completed(1, List.of());
    trial.nextGeneration(); // the second leg still forms: its tasks may claim the first's replicas
    assertThat(ask(inventory)).isEqualTo(new Close(List.of(unknown)));
    trial.formed(2);
    assertThat(ask(inventory)).isEqualTo(new Close(List.of(unknown, first)));
    trial.released();
    assertThat(ask(inventory)).isEqualTo(new Close(List.of(unknown, first, second)));
    assertThat(trial.completedGeneration()).isZero();
  }
}
