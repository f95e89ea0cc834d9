package dev.muster.job.spark;

import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;

/**
 * Takes a trial's classes from its jar, as in a submitted job, although the tests' class path has
 * them too; all other classes from there.
 */
final class TrialJarLoader extends URLClassLoader {
  private final String trial;

  TrialJarLoader(Path jar, String trial) throws MalformedURLException {
    super(new URL[] {jar.toUri().toURL()}, TrialJarLoader.class.getClassLoader());
    this.trial = trial;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    if (!name.equals(trial) && !name.startsWith(trial + "$")) {
      return super.loadClass(name, resolve);
    }
    synchronized (getClassLoadingLock(name)) {
      Class<?> loaded = findLoadedClass(name);
      return loaded == null ? findClass(name) : loaded;
    }
  }

  /** What runs with this loader as its thread's. */
  interface Work<T> {
    T run() throws Exception;
  }

  <T> T call(Work<T> work) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(this);
    try {
      return work.run();
    } finally {
      thread.setContextClassLoader(before);
    }
  }
}
