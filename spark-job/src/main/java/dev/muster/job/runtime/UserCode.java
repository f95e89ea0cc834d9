package dev.muster.job.runtime;

import dev.muster.trial.InvalidHyperparameterException;
import dev.muster.trial.TrialException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Calls what the trial's author wrote: whatever it throws is told as the trial's fault, with the
 * line of the author's own code where it happened.
 */
final class UserCode {
  private UserCode() {}

  /**
   * What the call returned.
   *
   * @param callee what cannot be done and what is called, e.g. {@code Cannot build trial a.B:
   *     buildEstimator()}
   * @param owner the name of the author's class, for the place
   * @throws TrialException if the call threw or returned null
   */
  static <T> T call(String callee, String owner, Callable<@Nullable T> call) {
    T value = run(callee, owner, call);
    if (value == null) {
      throw new TrialException(callee + " returned null");
    }
    return value;
  }

  /** As {@link #call}, for what may return null. */
  static <T> @Nullable T run(String callee, String owner, Callable<@Nullable T> call) {
    try {
      return call.call();
    } catch (InvalidHyperparameterException e) {
      throw e;
    } catch (TrialException e) {
      String place = place(e, owner);
      throw place.isEmpty() ? e : new TrialException(e.getMessage() + place, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(callee + " was interrupted", e);
    } catch (Exception | LinkageError | AssertionError | StackOverflowError e) {
      throw threw(callee, owner, e);
    }
  }

  /** The fault of code that threw this. */
  static TrialException threw(String callee, String owner, Throwable thrown) {
    return new TrialException(callee + " threw " + fact(thrown) + place(thrown, owner), thrown);
  }

  private static String fact(Throwable thrown) {
    return thrown.toString().strip().replaceFirst("\\.$", "");
  }

  /** {@code " (at …)"}: the innermost line of the class, or else of its package. */
  static String place(Throwable thrown, String owner) {
    int nested = owner.indexOf('$');
    String type = nested < 0 ? owner : owner.substring(0, nested);
    int dot = type.lastIndexOf('.');
    String home = dot < 0 ? type : type.substring(0, dot + 1);
    @Nullable StackTraceElement near = null;
    for (StackTraceElement frame : thrown.getStackTrace()) {
      String name = frame.getClassName();
      if (name.equals(type) || name.startsWith(type + "$")) {
        return " (at " + frame + ")";
      }
      if (near == null && name.startsWith(home)) {
        near = frame;
      }
    }
    return near == null ? "" : " (at " + near + ")";
  }
}
