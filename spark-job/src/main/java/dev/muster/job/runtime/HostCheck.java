package dev.muster.job.runtime;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Whether TensorFlow's native libraries can be loaded on a host: looked at before they are, since
 * what the loader says by itself names no cure.
 */
public final class HostCheck {
  /** The jar unpacks 652 MB. */
  private static final int CPU_MIB = 700;

  /** TensorFlow's library for GPUs alone is twice as large. */
  private static final int GPU_MIB = 1400;

  private static final String GPU_LIBRARY =
      "org/tensorflow/internal/c_api/linux-x86_64-gpu/libtensorflow_cc.so.2";

  private static final Pattern GLIBC =
      Pattern.compile("GNU C Library [^\\n]*version (\\d+)\\.(\\d+)");
  private static final Pattern GLIBCXX = Pattern.compile("GLIBCXX_3\\.4\\.(\\d+)");

  private final String architecture;
  private final Optional<Integer> glibcMinor;
  private final Optional<Integer> glibcxxPatch;
  private final Path cacheDirectory;
  private final int cacheMib;
  private final Path mounts;

  /**
   * Looks at what is said here.
   *
   * @param cacheMib what the libraries take in the directory, unpacked
   * @param mounts a file as {@code /proc/self/mounts}; there need be none
   */
  HostCheck(
      String architecture,
      Optional<Integer> glibcMinor,
      Optional<Integer> glibcxxPatch,
      Path cacheDirectory,
      int cacheMib,
      Path mounts) {
    this.architecture = architecture;
    this.glibcMinor = glibcMinor;
    this.glibcxxPatch = glibcxxPatch;
    this.cacheDirectory = cacheDirectory;
    this.cacheMib = cacheMib;
    this.mounts = mounts;
  }

  /** Looks at this host. */
  public static HostCheck here(Path cacheDirectory) {
    return new HostCheck(
        System.getProperty("os.name") + "-" + System.getProperty("os.arch"),
        mapped("libc.so.6").flatMap(file -> highest(file, GLIBC, 2)),
        installed("libstdc++.so.6").flatMap(file -> highest(file, GLIBCXX, 1)),
        cacheDirectory,
        unpackedMib(HostCheck.class.getClassLoader()),
        Path.of("/proc/self/mounts"));
  }

  /** What is unpacked of the libraries on the class path: of those for GPUs where they are. */
  static int unpackedMib(ClassLoader classPath) {
    return classPath.getResource(GPU_LIBRARY) == null ? CPU_MIB : GPU_MIB;
  }

  /** What stands in the way: each says what is needed, what was found, and the cure. */
  public List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (!architecture.equals("Linux-amd64")) {
      problems.add(
          "TensorFlow's library in the job jar needs Linux on x86-64; found "
              + architecture
              + "; run the job on such hosts");
      return problems;
    }
    glibcMinor
        .filter(minor -> minor < 34)
        .ifPresent(
            minor ->
                problems.add(
                    "TensorFlow Java needs glibc 2.34 or later; found 2."
                        + minor
                        + "; use an image or hosts of a newer distribution (RHEL 9, Debian 12,"
                        + " Ubuntu 22.04)"));
    if (glibcxxPatch.isEmpty()) {
      problems.add(
          "TensorFlow Java needs libstdc++.so.6; found none; install it (Debian, Ubuntu: apt-get"
              + " install libstdc++6; RHEL: dnf install libstdc++)");
    }
    glibcxxPatch
        .filter(patch -> patch < 29)
        .ifPresent(
            patch ->
                problems.add(
                    "TensorFlow Java needs a libstdc++ with GLIBCXX_3.4.29; found up to 3.4."
                        + patch
                        + "; use an image or hosts of a newer distribution"));
    cacheProblem().ifPresent(problems::add);
    return problems;
  }

  private Optional<String> cacheProblem() {
    String need =
        "TensorFlow's libraries need a directory to unpack to ("
            + cacheMib
            + " MB, writable, not mounted noexec); ";
    String cure =
        "; set spark.local.dir (on YARN: yarn.nodemanager.local-dirs) to a disk with room";
    try {
      Files.createDirectories(cacheDirectory);
      Path probe = Files.createTempFile(cacheDirectory, ".probe", "");
      Files.delete(probe);
      long free = Files.getFileStore(cacheDirectory).getUsableSpace();
      if (free + unpackedBytes() < (long) cacheMib << 20) {
        return Optional.of(need + "found " + (free >> 20) + " MB free in " + cacheDirectory + cure);
      }
      if (mountedNoexec(cacheDirectory.toRealPath())) {
        return Optional.of(need + "found " + cacheDirectory + " mounted noexec" + cure);
      }
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(need + "cannot write to " + cacheDirectory + " (" + e + ")" + cure);
    }
  }

  /** What is there already, be it that another JVM unpacks it just now. */
  private long unpackedBytes() throws IOException {
    try (Stream<Path> files = Files.walk(cacheDirectory, 6)) {
      return files.map(Path::toFile).filter(File::isFile).mapToLong(File::length).sum();
    } catch (UncheckedIOException e) { // a file went while we looked
      return 0;
    }
  }

  private boolean mountedNoexec(Path directory) throws IOException {
    if (!Files.isReadable(mounts)) {
      return false;
    }
    String options = "";
    int longest = -1;
    for (String line : Files.readAllLines(mounts, StandardCharsets.UTF_8)) {
      String[] fields = line.split(" ", -1);
      if (fields.length > 3
          && directory.startsWith(fields[1].replace("\\040", " "))
          && fields[1].length() >= longest) {
        longest = fields[1].length();
        options = fields[3];
      }
    }
    return List.of(options.split(",", -1)).contains("noexec");
  }

  private static Optional<Path> mapped(String library) {
    try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
      return maps.filter(line -> line.endsWith("/" + library))
          .map(line -> Path.of(line.substring(line.indexOf('/'))))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static Optional<Path> installed(String library) {
    List<String> directories = new ArrayList<>();
    String extra = System.getenv("LD_LIBRARY_PATH");
    if (extra != null) {
      directories.addAll(List.of(extra.split(":", -1)));
    }
    directories.addAll(
        List.of("/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/usr/lib64", "/lib64"));
    directories.add("/usr/lib");
    return directories.stream()
        .filter(directory -> !directory.isEmpty())
        .map(directory -> Path.of(directory, library))
        .filter(Files::isReadable)
        .findFirst();
  }

  /** The highest number that the pattern's group has in the file. */
  private static Optional<Integer> highest(Path library, Pattern pattern, int group) {
    try {
      Matcher matcher =
          pattern.matcher(new String(Files.readAllBytes(library), StandardCharsets.ISO_8859_1));
      Optional<Integer> highest = Optional.empty();
      while (matcher.find()) {
        int found = Integer.parseInt(matcher.group(group));
        highest = Optional.of(Math.max(found, highest.orElse(0)));
      }
      return highest;
    } catch (IOException e) {
      return Optional.empty();
    }
  }
}
