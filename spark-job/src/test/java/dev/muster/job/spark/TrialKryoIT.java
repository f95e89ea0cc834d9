package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.job.spark.TrialApp.Outcome;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole run on executors of their own, with a serializer that refuses what is not registered. */
class TrialKryoIT {
  @TempDir Path folder;

  @Test
  void kryoWithRequiredRegistrationChangesNothing() throws Exception {
    Outcome run =
        new TrialApp(folder, "kryo")
            .conf("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
            .conf("spark.kryo.registrationRequired", "true")
            .run("local-cluster[2,1,1024]");

    assertThat(run.exitCode()).as(run::log).isZero();
    assertThat(run.weights()).as(run::log).isEqualTo(TrialApp.reference().weights());
    TrialJobs.assertOnlyLegsAndAggregates(run.spied(), 3);
  }
}
