package dev.muster.examples.digits;

import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.hook.RunHook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes a text into {@code metadata.txt} of each checkpoint. */
final class MyHook extends RunHook {
  private static final Logger LOG = LoggerFactory.getLogger(MyHook.class);

  private final EstimatorTrialContext context;
  private final String metadata;

  MyHook(EstimatorTrialContext context, String metadata) {
    this.context = context;
    this.metadata = metadata;
  }

  @Override
  public void onCheckpointEnd(Path directory) throws IOException {
    Files.writeString(directory.resolve("metadata.txt"), metadata);
    LOG.debug("Trial {} wrote metadata.txt", context.trialId());
  }
}
