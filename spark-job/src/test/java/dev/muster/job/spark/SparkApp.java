package dev.muster.job.spark;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * A real Spark application in a JVM of its own: Spark's {@code SparkSubmit} from the jars of the
 * test's class path, our classes in a submitted jar, so that they are loaded as in reality.
 */
public final class SparkApp {
  /** Such JVMs live for seconds and share few cores. */
  static final String QUICK_START = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC";

  private static boolean jarWritten; // once per run of the tests

  private final Path folder;
  private final List<String> prefix;

  /** Applications whose files are in this folder. */
  public SparkApp(Path folder) {
    this(folder, List.of());
  }

  /**
   * Applications whose files are in this folder.
   *
   * @param prefix the command that starts their commands, for a namespace of their own say
   */
  SparkApp(Path folder, List<String> prefix) {
    this.folder = folder;
    this.prefix = prefix;
  }

  /** How an application ended, and what it wrote. */
  public record Ended(int exitCode, List<String> out, List<String> err) {}

  /** Facts that the application printed, {@code SCENARIO.KEY} to value. */
  Map<String, String> run(String master, Map<String, String> conf, String... scenarios)
      throws IOException, InterruptedException {
    Ended ended = submit(master, conf, GangScenarios.class, scenarios);
    if (ended.exitCode() != 0) {
      throw failed(List.of(scenarios), master, "exit code " + ended.exitCode(), ended.err());
    }
    Map<String, String> results = results(ended.out());
    keep("%s on %s: %s".formatted(List.of(scenarios), master, results));
    return results;
  }

  /** Runs an application to its end. */
  public Ended submit(
      String master, Map<String, String> conf, Class<?> mainClass, String... arguments)
      throws IOException, InterruptedException {
    Path out = folder.resolve("application.out");
    Path err = folder.resolve("application.err");
    ProcessBuilder builder =
        new ProcessBuilder(command(master, conf, mainClass, arguments))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.directory(folder.toFile());
    builder.environment().put("SPARK_HOME", home().toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.12");
    builder.environment().put("SPARK_WORKER_DIR", folder.resolve("work").toString());
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().put("SPARK_LOCAL_DIRS", folder.resolve("local").toString());
    Process process = builder.start();
    boolean ended = process.waitFor(400, TimeUnit.SECONDS);
    if (!ended) {
      kill(process);
      throw failed(List.of(arguments), master, "it did not end", lines(err));
    }
    return new Ended(process.exitValue(), lines(out), lines(err));
  }

  private List<String> command(
      String master, Map<String, String> conf, Class<?> mainClass, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JavaModules.options());
    command.addAll(List.of("-Xmx1g", "-cp", home().resolve("jars") + File.separator + "*"));
    command.add("-Dlog4j2.configurationFile=" + Path.of("../conf/log4j2.properties").toRealPath());
    command.add(
        "-Dorg.bytedeco.javacpp.cachedir="
            + Path.of(System.getProperty("java.io.tmpdir"), "muster-test-native"));
    command.addAll(List.of("org.apache.spark.deploy.SparkSubmit", "--master", master));
    conf.forEach((key, value) -> command.addAll(List.of("--conf", key + "=" + value)));
    command.addAll(
        List.of(
            "--conf", "spark.ui.enabled=false", "--class", mainClass.getName(), jar().toString()));
    command.addAll(List.of(arguments));
    return command;
  }

  /** Starts {@code spark-submit} with a job jar of all classes of this build. */
  Process launch(
      Path log, Class<?> main, String master, Map<String, String> conf, List<String> arguments)
      throws IOException {
    return launch(log, main, master, conf, Map.of(), arguments);
  }

  /** Starts it with variables of the environment, which executors of this machine inherit. */
  Process launch(
      Path log,
      Class<?> main,
      String master,
      Map<String, String> conf,
      Map<String, String> environment,
      List<String> arguments)
      throws IOException {
    List<String> words = new ArrayList<>(List.of("--master", master));
    if (!conf.containsKey("spark.ui.enabled")) {
      words.addAll(List.of("--conf", "spark.ui.enabled=false"));
    }
    conf.forEach((key, value) -> words.addAll(List.of("--conf", key + "=" + value)));
    words.addAll(
        List.of(
            "--conf",
            "spark.local.dir=" + localDirectory(),
            "--class",
            main.getName(),
            jar().toString()));
    words.addAll(arguments);
    return start(List.of(), folder, log, "org.apache.spark.deploy.SparkSubmit", environment, words);
  }

  /** Starts a main class of Spark's. */
  static Process start(Path folder, Path log, String main, List<String> arguments)
      throws IOException {
    return start(List.of(), folder, log, main, Map.of(), arguments);
  }

  /** Starts a main class of Spark's by another command, which starts the one that follows. */
  static Process start(
      List<String> prefix,
      Path folder,
      Path log,
      String main,
      Map<String, String> environment,
      List<String> arguments)
      throws IOException {
    Path home = home();
    List<String> command = new ArrayList<>(prefix);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(QUICK_START.split(" ")));
    command.addAll(JavaModules.options());
    command.addAll(List.of("-Xmx1g", "-cp", home.resolve("jars") + File.separator + "*", main));
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.directory(folder.toFile());
    builder.environment().put("SPARK_HOME", home.toString());
    builder.environment().put("SPARK_SCALA_VERSION", "2.12");
    builder.environment().put("SPARK_WORKER_DIR", folder.resolve("work").toString());
    builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Kills a process and all that it started. */
  static void kill(Process process) throws InterruptedException {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().waitFor();
  }

  /** Keeps a fact beside the reports of this build. */
  static void keep(String fact) throws IOException {
    Files.writeString(
        Path.of("target", "gang-it.txt"),
        fact + System.lineSeparator(),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }

  /** One for all applications, so that TensorFlow's library is unpacked once. */
  private static Path localDirectory() throws IOException {
    return Files.createDirectories(Path.of("target", "spark-local").toAbsolutePath());
  }

  private static List<String> lines(Path log) throws IOException {
    return List.of(Files.readString(log, StandardCharsets.UTF_8).split("\n", -1));
  }

  private static IllegalStateException failed(
      List<String> arguments, String master, String how, List<String> lines) {
    return new IllegalStateException(
        "Cannot run %s on %s: %s%n%s"
            .formatted(
                arguments,
                master,
                how,
                String.join("\n", lines.subList(Math.max(0, lines.size() - 200), lines.size()))));
  }

  static Map<String, String> results(List<String> lines) {
    Map<String, String> results = new TreeMap<>();
    for (String line : lines) {
      String[] words = line.split(" ", 4);
      if (words[0].equals("RESULT") && words.length == 4) {
        results.put(words[1] + "." + words[2], words[3]);
      }
    }
    return results;
  }

  private static List<Path> classPath() {
    String entries =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    return Stream.of(entries.split(File.pathSeparator, -1))
        .filter(entry -> !entry.isEmpty())
        .map(entry -> Path.of(entry).toAbsolutePath())
        .toList();
  }

  private static synchronized Path home() throws IOException {
    Path home = Path.of("target", "spark-home").toAbsolutePath(); // links, for all tests
    Path jars = Files.createDirectories(home.resolve("jars"));
    Set<Path> wanted = new HashSet<>();
    for (Path jar : classPath()) {
      Path link = jars.resolve(jar.getFileName());
      if (Files.isRegularFile(jar) && jar.toString().endsWith(".jar")) {
        wanted.add(link);
        if (Files.notExists(link)) {
          Files.createSymbolicLink(link, jar);
        }
      }
    }
    try (Stream<Path> links = Files.list(jars)) {
      for (Path stale : links.filter(link -> !wanted.contains(link)).toList()) {
        Files.delete(stale); // of an earlier build, which had another class path
      }
    }
    return home;
  }

  private static synchronized Path jar() throws IOException {
    Path jar = Path.of("target", "spark-app.jar").toAbsolutePath();
    if (jarWritten) {
      return jar;
    }
    Set<String> names = new HashSet<>();
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      for (Path root : classPath().stream().filter(Files::isDirectory).toList()) {
        try (Stream<Path> files = Files.walk(root)) {
          for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
            String name = root.relativize(file).toString();
            if (names.add(name)) { // packages of tests have a package-info of their own
              out.putNextEntry(new JarEntry(name));
              Files.copy(file, out);
              out.closeEntry();
            }
          }
        }
      }
    }
    jarWritten = true;
    return jar;
  }
}
