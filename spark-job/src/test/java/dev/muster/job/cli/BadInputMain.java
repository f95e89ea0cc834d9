package dev.muster.job.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * What {@code spark-submit} runs in place of {@link Main}: all bad inputs one after another in one
 * JVM, each between two lines on standard error, which carries whatever a user would see there.
 */
public final class BadInputMain {
  static final String BEGIN = "=== begin ";
  static final String END = "=== end ";

  private final Path work;

  private BadInputMain(Path work) {
    this.work = work;
  }

  public static void main(String[] arguments) throws Exception {
    Path work = Path.of(arguments[0]);
    Files.writeString(work.resolve("good.yaml"), BadInputs.GOOD.replace("@WORK@", arguments[0]));
    Files.createDirectories(work.resolve("experiments/taken/checkpoints"));
    List<String> wanted = List.of(arguments).subList(1, arguments.length);
    for (BadInput input : BadInputs.all()) {
      if (wanted.isEmpty() || wanted.contains(input.name())) {
        new BadInputMain(work).commit(input);
      }
    }
    System.exit(0);
  }

  private void commit(BadInput input) throws Exception {
    if (input.yaml().isPresent()) {
      Files.writeString(
          work.resolve(input.name() + ".yaml"),
          input.yaml().get().replace("@WORK@", work.toString()));
    }
    Map<String, @Nullable String> before = new HashMap<>();
    input.spark().forEach((key, value) -> before.put(key, System.setProperty(key, value)));
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    if (input.bundles().isPresent()) {
      Path jar = bundle(work.resolve(input.name() + ".jar"), input.bundles().get());
      URL[] urls = {jar.toUri().toURL()};
      Thread.currentThread().setContextClassLoader(new URLClassLoader(urls, loader));
    }
    String[] arguments =
        input.arguments().stream()
            .map(argument -> argument.replace("@WORK@", work.toString()))
            .toArray(String[]::new);
    System.err.println(BEGIN + input.name());
    long start = System.nanoTime();
    int exit = Main.run(arguments, System.out, System.err);
    long millis = (System.nanoTime() - start) / 1_000_000;
    System.err.println(END + input.name() + " " + exit + " " + millis);
    Thread.currentThread().setContextClassLoader(loader);
    before.forEach(BadInputMain::restore);
  }

  private static void restore(String key, @Nullable String value) {
    if (value == null) {
      System.clearProperty(key);
    } else {
      System.setProperty(key, value);
    }
  }

  /** A jar as of a user who forgot the scope {@code provided}. */
  static Path bundle(Path jar, String... classNames) throws IOException {
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
      for (String className : classNames) {
        String entry = className.replace('.', '/') + ".class";
        out.putNextEntry(new JarEntry(entry));
        try (InputStream bytes =
            Objects.requireNonNull(BadInputMain.class.getResourceAsStream("/" + entry), entry)) {
          bytes.transferTo(out);
        }
        out.closeEntry();
      }
    }
    return jar;
  }
}
