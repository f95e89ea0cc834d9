package dev.muster.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Plain loops side by side, which know nothing of each other.
 *
 * @param log what they write to standard error
 */
record PlainProcesses(String label, int slots, Path log, MachineLoad load) implements Contender {
  @Override
  public Measurement run(Work work) throws IOException, InterruptedException {
    List<Process> processes = new ArrayList<>();
    try {
      for (int i = 0; i < slots; i++) {
        processes.add(start(work));
      }
      List<BufferedReader> outputs = new ArrayList<>();
      for (Process process : processes) {
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        expect(output, PlainLoop.READY);
        outputs.add(output);
      }
      MachineLoad.Mark start = load.mark();
      for (Process process : processes) {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
      }
      double examplesPerSecond = 0;
      for (BufferedReader output : outputs) {
        examplesPerSecond += Double.parseDouble(expect(output, "examples/s").split(" ", 2)[0]);
      }
      return Measurement.of(
          work, slots, examplesPerSecond, MachineLoad.between(start, load.mark()));
    } finally {
      processes.forEach(Process::destroy);
      for (Process process : processes) {
        process.waitFor();
      }
    }
  }

  private Process start(Work work) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx1g",
            "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
            "-Dorg.bytedeco.javacpp.maxBytes=0",
            "-Dorg.bytedeco.javacpp.cachedir=" + System.getProperty(Bench.NATIVE_CACHE),
            "-cp",
            System.getProperty("java.class.path"),
            PlainLoop.class.getName(),
            Integer.toString(work.batch()),
            Integer.toString(work.warmUp()),
            Integer.toString(work.timed()));
    builder.environment().put("TF_CPP_MIN_LOG_LEVEL", "2");
    builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    return builder.start();
  }

  /** The first line that contains the text. */
  private String expect(BufferedReader output, String text) throws IOException {
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.contains(text)) {
        return line;
      }
    }
    throw new IOException(
        "Cannot run the plain loop: it ended before it said '" + text + "', see " + log);
  }
}
