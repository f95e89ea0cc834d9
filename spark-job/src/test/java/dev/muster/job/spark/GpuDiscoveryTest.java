package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code scripts/gpu-discovery} with an {@code nvidia-smi} of the test's. */
class GpuDiscoveryTest {
  @TempDir Path bin;

  private record Said(int exitCode, String out, String err) {}

  private void nvidiaSmi(String script) throws IOException {
    Path file = Files.writeString(bin.resolve("nvidia-smi"), "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  private Said discover(String visible) throws IOException, InterruptedException {
    Path err = bin.resolve("err");
    ProcessBuilder builder =
        new ProcessBuilder(Path.of("../scripts/gpu-discovery").toRealPath().toString())
            .redirectError(err.toFile());
    builder.environment().put("PATH", bin + ":/usr/bin:/bin");
    builder.environment().put("CUDA_VISIBLE_DEVICES", visible);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Said(process.waitFor(), out.strip(), Files.readString(err).strip());
  }

  @Test
  void gpusArePrintedAsSparkReadsThem() throws Exception {
    nvidiaSmi("echo '0, GPU-aa11'; echo '1, GPU-bb22'");
    assertThat(discover("").out()).isEqualTo("{\"name\": \"gpu\", \"addresses\": [\"0\", \"1\"]}");
    assertThat(discover("1").out()).isEqualTo("{\"name\": \"gpu\", \"addresses\": [\"1\"]}");
    assertThat(discover("GPU-aa").out()).isEqualTo("{\"name\": \"gpu\", \"addresses\": [\"0\"]}");
  }

  @Test
  void whereThereIsNoneTheReasonIsSaid() throws Exception {
    nvidiaSmi("echo 'No devices were found'");
    assertThat(discover("").exitCode()).isEqualTo(1);
    assertThat(discover("").err()).endsWith(": nvidia-smi lists none");

    nvidiaSmi("echo 'NVIDIA-SMI has failed: no driver' >&2; exit 9");
    assertThat(discover("").err())
        .endsWith(": nvidia-smi failed: NVIDIA-SMI has failed: no driver");

    nvidiaSmi("echo '0, GPU-aa11'");
    Said hidden = discover("7");
    assertThat(hidden.exitCode()).isEqualTo(1);
    assertThat(hidden.err()).endsWith(": nvidia-smi lists none that CUDA_VISIBLE_DEVICES=7 shows");
  }
}
