package dev.muster.job.spark;

import dev.muster.job.spark.TrialApp.Outcome;
import dev.muster.job.spark.TrialApp.Running;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Looks at a run from outside for as long as it goes: the command lines of its processes, the pages
 * of its UI, and who may read Muster's local files.
 */
final class WatchedRun {
  private static final Pattern UI = Pattern.compile("UI (http://\\S+)");
  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final HttpClient http = HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
  private final Running run;
  private final Path local;
  private final List<String> pages;
  private final Set<String> commandLines = new TreeSet<>();
  private final Map<String, String> modes = new TreeMap<>();
  private final Map<String, List<String>> answers = new LinkedHashMap<>();

  private WatchedRun(Running run, Path local, List<String> pages) {
    this.run = run;
    this.local = local;
    this.pages = pages;
  }

  /**
   * What was seen of a run that has ended.
   *
   * @param commandLines of the driver and all that it started
   * @param modes of the directories and files in the local directory, where Muster made them
   * @param answers of the UI, by page, each different one once
   */
  record Seen(
      Outcome outcome,
      Set<String> commandLines,
      Map<String, String> modes,
      Map<String, List<String>> answers) {}

  /**
   * Watches a run to its end.
   *
   * @param local its local directory
   * @param pages of the UI to ask for, {@code /environment/} say
   */
  static Seen watch(Running run, Path local, List<String> pages)
      throws IOException, InterruptedException {
    WatchedRun watched = new WatchedRun(run, local, pages);
    while (run.process().isAlive()) {
      watched.look();
      boolean unused = run.process().waitFor(100, java.util.concurrent.TimeUnit.MILLISECONDS);
    }
    return new Seen(run.end(), watched.commandLines, watched.modes, watched.answers);
  }

  private void look() throws IOException, InterruptedException {
    Stream.concat(Stream.of(run.process().toHandle()), run.process().descendants())
        .forEach(process -> commandLine(process.pid()));
    lookAtModes();
    Matcher ui = UI.matcher(Files.readString(run.log(), StandardCharsets.UTF_8));
    if (ui.find()) {
      for (String page : pages) {
        ask(ui.group(1), page);
      }
    }
  }

  private void commandLine(long pid) {
    try {
      commandLines.add(
          Files.readString(Path.of("/proc/" + pid + "/cmdline"), StandardCharsets.ISO_8859_1)
              .replace('\0', ' '));
    } catch (IOException e) {
      // it has ended
    }
  }

  private void lookAtModes() {
    try (Stream<Path> children = Files.list(local)) {
      for (Path made : children.filter(WatchedRun::isMusters).toList()) {
        modes.put(
            made.getFileName().toString(),
            PosixFilePermissions.toString(Files.getPosixFilePermissions(made)));
      }
    } catch (IOException | UncheckedIOException e) {
      // deleted meanwhile
    }
  }

  private static boolean isMusters(Path path) {
    String name = path.getFileName().toString();
    return name.startsWith("muster-") && !name.startsWith("muster-native-");
  }

  private void ask(String ui, String page) throws InterruptedException {
    try {
      String body =
          http.send(
                  HttpRequest.newBuilder(URI.create(ui + page)).timeout(TIMEOUT).build(),
                  HttpResponse.BodyHandlers.ofString())
              .body();
      List<String> known = answers.computeIfAbsent(page, unused -> new ArrayList<>());
      if (!known.contains(body)) {
        known.add(body);
      }
    } catch (IOException e) {
      // the UI comes up, or the run ends
    }
  }
}
