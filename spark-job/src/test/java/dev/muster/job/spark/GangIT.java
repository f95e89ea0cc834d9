package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The gang on real executors in JVMs of their own. */
class GangIT {
  private static final String EVERY_TYPE =
      "Order answer Refused, Join answer Abort, Poll answer Abort, Heartbeat, Report answer Abort,"
          + " LastWords answer Abort, Done answer Abort, Inventory answer Close, AskTime answer Time,"
          + " Encoded, Wait answer Refused,"
          + " Seat answer Refused, Go answer Refused, Over answer Refused, Abort answer Refused,"
          + " Close answer Refused, Refused answer Refused, Time answer Refused, Trained, Evaluated,"
          + " Staged, Stopping, Ended, ShardLocation, TrialOrder, ProbeOrder, ProbeReport";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"JavaSerializer", "KryoSerializer"})
  void gangOfTwoExecutorsKeepsItsReplicasAndEndsAtTheFirstCause(String serializer)
      throws Exception {
    Map<String, String> facts =
        new SparkApp(folder)
            .run(
                "local-cluster[2,1,1024]",
                Map.of(
                    "spark.serializer",
                    "org.apache.spark.serializer." + serializer,
                    "spark.kryo.registrationRequired",
                    "true"),
                "wire",
                "twoLegs",
                "stop",
                "userException",
                "badProgram",
                "kill",
                "replaced",
                "freeze");

    assertThat(facts)
        .describedAs("every type crosses as an element of an RDD, and messages by ask")
        .containsEntry("wire.types", EVERY_TYPE);
    assertThat(facts)
        .describedAs("replicas are claimed whichever executor a task lands on, one job per leg")
        .containsEntry("twoLegs.sameProcesses", "true")
        .containsEntry("twoLegs.held", "2")
        .containsEntry("twoLegs.executors", "2")
        .containsEntry("twoLegs.jobs", "2");
    // 1 + 2 + … + 20, then 1 + 2 + … + 30
    assertThat(facts.get("twoLegs.ends"))
        .contains("start claimed=true total=210")
        .contains("end step=50 total=675")
        .contains("holders=[0,1]")
        .contains("open=1");
    assertStopped(facts);
    assertUserException(facts);
    assertThat(facts)
        .containsEntry("badProgram.rank", "-1")
        .containsEntry("badProgram.detail", "java.lang.ClassNotFoundException: no.such.Program");
    assertKilled(facts);
    assertThat(facts)
        .containsEntry("replaced.executors", "2")
        .containsEntry("replaced.generation", "1");
    assertThat(facts.get("replaced.last")).contains("end step=10 total=55").contains("open=1");
    assertFrozen(facts);
  }

  private static void assertStopped(Map<String, String> facts) {
    assertThat(facts).containsEntry("stop.stopped", "true");
    String step = facts.getOrDefault("stop.last", "").replaceAll(".* end (step=\\d+) .*", "$1");
    assertThat(facts.get("stop.last")).contains("end step=");
    assertThat(facts.get("stop.lastButOne")).contains("end " + step + " ");
  }

  private static void assertUserException(Map<String, String> facts) {
    assertThat(facts)
        .containsEntry("userException.rank", "1")
        .containsEntry("userException.kind", "USER")
        .containsEntry("userException.step", "7")
        .containsEntry("userException.phase", "train")
        .containsEntry("userException.consequences", "1")
        .containsEntry("userException.executor", facts.get("userException.seated"))
        .containsEntry(
            "userException.detail",
            "java.lang.IllegalArgumentException: " + SocketProgram.FAILURE + " <secret>");
    assertThat(facts.get("userException.trace"))
        .contains("at dev.muster.job.spark.SocketProgram.run(SocketProgram.java:")
        .contains(SocketProgram.FAILURE + " <secret>");
  }

  private static void assertKilled(Map<String, String> facts) {
    assertThat(facts)
        .containsEntry("kill.rank", "0")
        .containsEntry("kill.kind", "INFRASTRUCTURE")
        .containsEntry("kill.host", "127.0.0.1")
        .containsEntry("kill.executor", facts.get("kill.seated"))
        .containsEntry("kill.consequences", "1");
    assertThat(facts.get("kill.detail")).startsWith("its executor was lost: ");
    assertThat(Long.parseLong(facts.get("kill.step"))).isGreaterThanOrEqualTo(20);
    assertThat(Long.parseLong(facts.get("kill.millis"))).isLessThan(5000);
  }

  private static void assertFrozen(Map<String, String> facts) {
    assertThat(facts)
        .containsEntry("freeze.rank", "1")
        .containsEntry("freeze.kind", "INFRASTRUCTURE")
        .containsEntry("freeze.host", "127.0.0.1")
        .containsEntry("freeze.executor", facts.get("freeze.seated"));
    assertThat(facts.get("freeze.detail")).startsWith("no sign of life for ");
    assertThat(Long.parseLong(facts.get("freeze.step"))).isGreaterThanOrEqualTo(10);
    assertThat(Long.parseLong(facts.get("freeze.millis"))).isLessThan(10_000);
  }

  @Test
  void executorsOfThreeSlotsHoldTwoReplicasAndMissingSlotsEndAtTheDeadline() throws Exception {
    Map<String, String> facts =
        new SparkApp(folder).run("local-cluster[2,3,1024]", Map.of(), "twoLegs", "missing");

    assertThat(facts).containsEntry("twoLegs.jobs", "2");
    assertThat(facts.get("twoLegs.ends")).contains("executorSlots=3");
    assertThat(facts).containsEntry("missing.kind", "INFRASTRUCTURE");
    assertThat(facts.get("missing.message"))
        .startsWith("Cannot train trial missing: 1 of 7 slots missing for 4 s")
        .contains("2 executors with 6 slots in all registered");
    assertThat(facts.get("missing.waiting"))
        .matches(
            "Waiting for slots: \\d of 7 slots missing for [23] s \\(the limit is 4 s\\), \\d joined;"
                + " 2 executors with 6 slots in all registered");
    assertThat(Long.parseLong(facts.get("missing.millis"))).isBetween(4000L, 6000L);
  }

  @Test
  void slotsOfOneLocalJvmAreAGangToo() throws Exception {
    Map<String, String> facts =
        new SparkApp(folder).run("local[2]", Map.of(), "twoLegs", "stop", "userException");

    assertThat(facts)
        .containsEntry("twoLegs.held", "2")
        .containsEntry("twoLegs.executors", "1")
        .containsEntry("twoLegs.jobs", "2");
    assertThat(facts.get("twoLegs.ends"))
        .contains("rank=0 start claimed=true total=210")
        .contains("rank=1 start claimed=true total=210")
        .contains("executorSlots=2")
        .contains("open=2");
    assertStopped(facts);
    assertUserException(facts);
  }
}
