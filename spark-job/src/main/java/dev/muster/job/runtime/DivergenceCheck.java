package dev.muster.job.runtime;

import dev.muster.job.collective.Collective;
import dev.muster.trial.TrialException;
import dev.muster.trial.layer.Variables;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Session;

/**
 * Compares the variables that must be the same in all slots, which are those that optimizers train
 * or keep, by a hash of each, every so many steps. Off by default: it reads all of them.
 *
 * <p>Confined to the slot's thread, between steps.
 */
final class DivergenceCheck {
  private final VariableValues values;
  private final Session session;
  private final List<String> names;
  private final long every;

  /**
   * @param every how many steps lie between two checks; 0: never
   */
  DivergenceCheck(ModelGraph train, VariableValues values, Session session, long every) {
    this.values = values;
    this.session = session;
    this.every = every;
    this.names =
        values.names().stream()
            .filter(
                name -> {
                  Variables.Kind kind = train.scope().kinds().get(name);
                  return kind != null && kind != Variables.Kind.STATISTIC;
                })
            .toList();
  }

  /**
   * Checks if it is time to; all ranks call it after each step.
   *
   * @param ring null outside a generation
   * @param step how many were trained
   * @throws TrialException if a variable differs, on all ranks alike
   */
  void after(@Nullable Collective ring, long step) {
    if (every == 0 || step % every != 0 || ring == null || ring.size() == 1) {
      return;
    }
    Map<String, long[]> differing = VariableHashes.differing(ring, values, session, names);
    if (!differing.isEmpty()) {
      throw new TrialException(
          "Cannot go on training after step "
              + step
              + ": variables differ between slots, expected the same values on all ranks, found "
              + describe(differing)
              + "; look for a hook or an op that assigns them from a slot's own data");
    }
  }

  private static String describe(Map<String, long[]> differing) {
    List<String> parts = new ArrayList<>();
    differing.forEach(
        (name, hashes) -> {
          Map<Long, List<Integer>> groups = new LinkedHashMap<>();
          for (int rank = 0; rank < hashes.length; rank++) {
            groups.computeIfAbsent(hashes[rank], hash -> new ArrayList<>()).add(rank);
          }
          List<String> ranks = groups.values().stream().map(group -> "ranks " + group).toList();
          parts.add("'" + name + "' " + String.join(" unlike ", ranks));
        });
    int shown = Math.min(parts.size(), 5);
    String more = parts.size() > shown ? " and " + (parts.size() - shown) + " more" : "";
    return String.join(", ", parts.subList(0, shown)) + more;
  }
}
