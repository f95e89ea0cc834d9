package dev.muster.job.config;

import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The keys of the searcher that name a source, read and written. */
final class WarmStarts {
  private static final String CHECKPOINT = "source_checkpoint_uuid";
  private static final String TRIAL = "source_trial_id";
  private static final Pattern UUID_TEXT =
      Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");
  private static final Pattern TRIAL_TEXT = Pattern.compile("([^/]+)/([1-9][0-9]{0,8})");

  private WarmStarts() {}

  static Optional<WarmStart> read(Section searcher) {
    Optional<WarmStart> checkpoint =
        searcher.value(CHECKPOINT).flatMap(t -> checkpoint(searcher, t));
    Optional<WarmStart> trial = searcher.value(TRIAL).flatMap(t -> trial(searcher, t));
    if (checkpoint.isPresent() && trial.isPresent()) {
      searcher.problem(TRIAL, "expected one source at most, found source_checkpoint_uuid too");
    }
    return checkpoint.or(() -> trial);
  }

  private static Optional<WarmStart> checkpoint(Section searcher, Tree tree) {
    if (text(tree) instanceof String text
        && UUID_TEXT.matcher(text.toLowerCase(Locale.ROOT)).matches()) {
      return Optional.of(new WarmStart.OfCheckpoint(UUID.fromString(text)));
    }
    searcher.expected(CHECKPOINT, "a checkpoint's UUID", tree);
    return Optional.empty();
  }

  private static Optional<WarmStart> trial(Section searcher, Tree tree) {
    if (text(tree) instanceof String text) {
      Matcher matcher = TRIAL_TEXT.matcher(text);
      if (matcher.matches()) {
        return Optional.of(
            new WarmStart.OfTrial(matcher.group(1), Integer.parseInt(matcher.group(2))));
      }
    }
    searcher.expected(TRIAL, "EXPERIMENT_ID/TRIAL, e.g. digits-20260131-120000-000/1", tree);
    return Optional.empty();
  }

  private static Object text(Tree tree) {
    return tree instanceof Tree.Scalar scalar ? scalar.value() : tree;
  }

  static void write(WarmStart source, Map<String, Object> searcher) {
    if (source instanceof WarmStart.OfCheckpoint checkpoint) {
      searcher.put(CHECKPOINT, checkpoint.uuid().toString());
    } else if (source instanceof WarmStart.OfTrial trial) {
      searcher.put(TRIAL, trial.experimentId() + "/" + trial.trialId());
    }
  }
}
