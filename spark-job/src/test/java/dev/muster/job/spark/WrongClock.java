package dev.muster.job.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A library that, named by LD_PRELOAD, sets a process's wall clock off, and no other clock. */
final class WrongClock {
  private static final String SOURCE =
      """
      #define _GNU_SOURCE
      #include <time.h>
      #include <sys/time.h>
      #include <sys/syscall.h>
      #include <unistd.h>
      int clock_gettime(clockid_t id, struct timespec *t) {
        int failed = syscall(SYS_clock_gettime, id, t);
        if (!failed && id == CLOCK_REALTIME) t->tv_sec += %1$d;
        return failed;
      }
      int gettimeofday(struct timeval *restrict t, void *restrict zone) {
        int failed = syscall(SYS_gettimeofday, t, zone);
        if (!failed) t->tv_sec += %1$d;
        return failed;
      }
      """;

  private WrongClock() {}

  /** The library's file, compiled here; empty where there is no C compiler. */
  static Optional<Path> library(Path folder, int secondsAhead)
      throws IOException, InterruptedException {
    Path source = Files.writeString(folder.resolve("clock.c"), SOURCE.formatted(secondsAhead));
    Path library = folder.resolve("clock.so");
    Process compiler;
    try {
      compiler =
          new ProcessBuilder(
                  List.of(
                      "cc", "-shared", "-fPIC", "-O", "-o", library.toString(), source.toString()))
              .inheritIO()
              .start();
    } catch (IOException e) { // there is no such program
      return Optional.empty();
    }
    if (!compiler.waitFor(60, TimeUnit.SECONDS) || compiler.exitValue() != 0) {
      throw new IllegalStateException("Cannot compile " + source);
    }
    return Optional.of(library);
  }
}
