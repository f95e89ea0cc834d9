package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.trial.TrialException;
import dev.muster.trial.data.Dataset;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tensorflow.types.TInt64;

/** How often a user's source is asked. */
class SourcesTest {
  private static SparkSession spark;

  @BeforeAll
  static void startSpark() {
    spark =
        SparkSession.builder().master("local[1]").config("spark.ui.enabled", "false").getOrCreate();
  }

  @AfterAll
  static void stopSpark() {
    spark.stop();
  }

  @Test
  void sourceIsAskedOnceForThePreflightAndTheEncoding() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Dataset numbers =
        Dataset.of(
                session -> {
                  asked.incrementAndGet();
                  return session.range(6).toDF("x");
                })
            .feature("x", TInt64.class);
    Sources sources = new Sources(spark);

    assertThat(sources.rows(numbers)).isSameAs(sources.rows(numbers));
    assertThat(asked).hasValue(1);
  }

  @Test
  void sourceThatFailedIsAskedAgain() {
    AtomicInteger asked = new AtomicInteger();
    Dataset broken =
        Dataset.of(
                session -> {
                  asked.incrementAndGet();
                  throw new IllegalStateException("no such table");
                })
            .feature("x", TInt64.class);
    Sources sources = new Sources(spark);

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> sources.rows(broken))
          .isInstanceOf(TrialException.class)
          .hasMessageContaining("no such table");
    }
    assertThat(asked).hasValue(2);
  }
}
