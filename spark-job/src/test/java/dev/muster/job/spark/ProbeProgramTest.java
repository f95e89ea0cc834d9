package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The part of the pre-flight's slots that {@link ClusterPreflightIT} cannot provoke. */
class ProbeProgramTest {
  /** A name that does not resolve, and an address (of documentation) that no host has. */
  @ParameterizedTest
  @CsvSource({"no-such-host.invalid", "192.0.2.1"})
  void hostThatIsNotOurOwnIsSaidWithItsCure(String host) {
    try (ProbeProgram program = new ProbeProgram()) {
      assertThatThrownBy(() -> program.listen(host))
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("Cannot listen on this executor's own host " + host + ": ")
          .hasMessageEndingWith(
              "; let the name resolve there to an address of the host itself (/etc/hosts), or name"
                  + " another one by SPARK_LOCAL_HOSTNAME or SPARK_LOCAL_IP");
    }
  }
}
