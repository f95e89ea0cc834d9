package dev.muster.trial;

import java.nio.file.Path;
import java.util.Map;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;

/** Makes contexts outside Spark; Muster's own service, found on the class path. */
public interface LocalContextProvider {
  /** See {@link EstimatorTrialContext#fromConfig(Map)}. */
  EstimatorTrialContext context(Map<String, ?> config);

  /** See {@link EstimatorTrialContext#fromConfig(Path)}. */
  EstimatorTrialContext context(Path experimentFile);

  /**
   * The provider of the class path.
   *
   * @throws TrialException if there is none
   */
  static LocalContextProvider find() {
    for (ClassLoader loader :
        new ClassLoader[] {
          Thread.currentThread().getContextClassLoader(),
          LocalContextProvider.class.getClassLoader()
        }) {
      try {
        var found = ServiceLoader.load(LocalContextProvider.class, loader).findFirst();
        if (found.isPresent()) {
          return found.get();
        }
      } catch (ServiceConfigurationError e) {
        throw new TrialException(
            "Cannot make a context outside Spark: "
                + e.getMessage()
                + "; use one version of Muster",
            e);
      }
    }
    throw new TrialException(
        "Cannot make a context outside Spark: neither Muster's job jar nor its test kit is on the"
            + " class path; add dev.muster:muster-testkit with scope test");
  }
}
