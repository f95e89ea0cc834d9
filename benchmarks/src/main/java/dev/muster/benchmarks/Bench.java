package dev.muster.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Runs the contenders in turn, several times over, and prints medians and ratios. The ratios are
 * taken within each repetition, so that what slows the machine for minutes falls on both sides.
 */
public final class Bench {
  static final String NATIVE_CACHE = "muster.bench.cache";
  static final String JAR = "muster.bench.jar";
  static final String JOB_JAR = "muster.bench.job";

  /** The ratios of the table: contender by contender, as indices. */
  private static final int[][] RATIOS = {{1, 0}, {2, 3}, {2, 0}, {3, 0}};

  private final int repetitions;
  private final List<Contender> contenders;
  private final Map<Work, List<List<Contender.Measurement>>> measured = new LinkedHashMap<>();

  private Bench(int repetitions, List<Contender> contenders) {
    this.repetitions = repetitions;
    this.contenders = contenders;
  }

  /** Arguments: the repository, a folder for what the runs leave, repetitions, works. */
  public static void main(String[] arguments) throws Exception {
    Path root = Path.of(arguments[0]);
    Path folder = Files.createDirectories(Path.of(arguments[1]));
    Path plainLog = folder.resolve("plain.txt");
    int repetitions = Integer.parseInt(arguments[2]);
    List<Work> works = Arrays.stream(arguments[3].split(",", -1)).map(Work::of).toList();
    try (MachineLoad load = new MachineLoad()) {
      Bench bench =
          new Bench(
              repetitions,
              List.of(
                  new PlainProcesses("(a) one plain loop", 1, plainLog, load),
                  new SubmittedJob("(b) Muster, one slot", 1, root, folder, load),
                  new SubmittedJob("(c) Muster, two slots", 2, root, folder, load),
                  new PlainProcesses("(d) two plain loops", 2, plainLog, load)));
      bench.run(works);
      bench.print(works);
    }
  }

  private void run(List<Work> works) throws IOException, InterruptedException {
    for (int repetition = 1; repetition <= repetitions; repetition++) {
      for (Work work : works) {
        List<Contender.Measurement> ofThis = new ArrayList<>();
        for (Contender contender : contenders) {
          Contender.Measurement measurement = contender.run(work);
          ofThis.add(measurement);
          say(
              "%d of %d, %s, %s: %,.0f examples/s, %.2f CPU ms, others used %.2f processors, stolen %.2f",
              repetition,
              repetitions,
              work.name(),
              contender.label(),
              measurement.examplesPerSecond(),
              measurement.cpuMillis(),
              measurement.use().foreign(),
              measurement.use().stolen());
        }
        measured.computeIfAbsent(work, key -> new ArrayList<>()).add(ofThis);
      }
    }
  }

  private void print(List<Work> works) {
    say("");
    say(
        "%s, %s, %d processors, %d repetitions in turn: median (smallest to largest)",
        LocalDateTime.now().truncatedTo(ChronoUnit.MINUTES), model(), processors(), repetitions);
    say("");
    say(
        "| work | contender | examples/s | with reports | CPU ms/step/slot | others' processors | stolen |");
    say("|---|---|---|---|---|---|---|");
    for (Work work : works) {
      for (int c = 0; c < contenders.size(); c++) {
        say(
            "| %s | %s | %s | %s | %s | %s | %s |",
            work.name(),
            contenders.get(c).label(),
            spread("%,.0f", column(work, c).map(m -> m.examplesPerSecond())),
            spread("%,.0f", column(work, c).map(m -> m.wholeExamplesPerSecond())),
            spread("%.2f", column(work, c).map(m -> m.cpuMillis())),
            spread("%.2f", column(work, c).map(m -> m.use().foreign())),
            spread("%.2f", column(work, c).map(m -> m.use().stolen())));
      }
    }
    ratios(works, "examples/s", Contender.Measurement::examplesPerSecond);
    ratios(works, "CPU ms/step/slot", Contender.Measurement::cpuMillis);
  }

  private void ratios(
      List<Work> works, String what, ToDoubleFunction<Contender.Measurement> value) {
    say("");
    say("| ratio of | work | b ÷ a | c ÷ d | c ÷ a | d ÷ a |");
    say("|---|---|---|---|---|---|");
    for (Work work : works) {
      StringBuilder row = new StringBuilder("| " + what + " | " + work.name());
      for (int[] ratio : RATIOS) {
        row.append(" | ")
            .append(
                spread(
                    "%.3f",
                    measured(work).stream()
                        .map(
                            of ->
                                value.applyAsDouble(of.get(ratio[0]))
                                    / value.applyAsDouble(of.get(ratio[1])))));
      }
      say("%s |", row);
    }
  }

  private List<List<Contender.Measurement>> measured(Work work) {
    return measured.getOrDefault(work, List.of());
  }

  private Stream<Contender.Measurement> column(Work work, int contender) {
    return measured(work).stream().map(of -> of.get(contender));
  }

  private static String spread(String format, Stream<Double> values) {
    double[] sorted = values.mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return String.format(
        Locale.ROOT,
        format + " (" + format + " to " + format + ")",
        median,
        sorted[0],
        sorted[sorted.length - 1]);
  }

  private static int processors() {
    return Runtime.getRuntime().availableProcessors();
  }

  private static String model() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("processor unknown");
    } catch (IOException e) {
      return "processor unknown";
    }
  }

  private static void say(String format, Object... arguments) {
    System.out.println(String.format(Locale.ROOT, format, arguments));
  }
}
