package dev.muster.job.runtime;

import dev.muster.trial.hook.SessionHook;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.tensorflow.Graph;
import org.tensorflow.Result;
import org.tensorflow.Session;

/** The hooks of one mode's session, called in order. Confined to the slot's thread. */
final class SessionHooks {
  private final String act;
  private final List<SessionHook> hooks;
  private @Nullable SlotSession session;

  /**
   * Hooks in the order in which they are called.
   *
   * @param act what fails with a hook, for messages: {@code Cannot train}
   */
  SessionHooks(String act, List<SessionHook> hooks) {
    this.act = act;
    this.hooks = List.copyOf(hooks);
  }

  /** One of a hook's calls. */
  @FunctionalInterface
  private interface Call {
    void on(SessionHook hook) throws Exception;
  }

  private void each(String method, Call call) {
    hooks.forEach(hook -> run(act, hook, method, () -> call.on(hook)));
  }

  /** A call that may throw. */
  @FunctionalInterface
  interface Body {
    void run() throws Exception;
  }

  /** Calls a hook; what it throws is told as the trial's fault. */
  static void run(String act, SessionHook hook, String method, Body body) {
    String owner = hook.getClass().getName();
    UserCode.<Void>run(
        act + ": hook " + owner + "." + method,
        owner,
        () -> {
          body.run();
          return null;
        });
  }

  void begin(Graph graph) {
    each("begin", hook -> hook.begin(graph));
  }

  /** The session's variables have their values. */
  void created(ModelGraph model, Session running, SlotTrialContext context) {
    SlotSession created = new SlotSession(model, running, context);
    session = created;
    each("afterCreateSession", hook -> hook.afterCreateSession(created));
  }

  /** Calls {@code beforeRun}; then {@link Pending#addTo} and {@link Pending#after}. */
  Pending before(long batch, int examples) {
    if (hooks.isEmpty()) {
      return Pending.NONE;
    }
    SlotSession open = Objects.requireNonNull(session, "no session");
    Pending pending = new Pending(this);
    for (SessionHook hook : hooks) {
      SlotBatch view = new SlotBatch(open, batch, examples);
      run(act, hook, "beforeRun", () -> hook.beforeRun(view));
      pending.views.add(view);
    }
    return pending;
  }

  /** The session is complete; a second call does nothing. */
  void end() {
    SlotSession open = session;
    session = null;
    if (open != null) {
      each("end", hook -> hook.end(open));
    }
  }

  /** Whether {@link #created} was called and {@link #end} was not. */
  boolean isOpen() {
    return session != null;
  }

  /** A batch between {@code beforeRun} and {@code afterRun}. */
  static final class Pending {
    private static final Pending NONE = new Pending(new SessionHooks("", List.of()));

    private final SessionHooks of;
    private final List<SlotBatch> views = new ArrayList<>();

    private Pending(SessionHooks of) {
      this.of = of;
    }

    /** Adds what the hooks fetch to those of the run. */
    void addTo(Fetches ofRun) {
      views.forEach(view -> view.addTo(ofRun));
    }

    /** Calls {@code afterRun}. */
    void after(Fetches ofRun, Result result) {
      for (int i = 0; i < views.size(); i++) {
        SlotBatch view = views.get(i);
        SessionHook hook = of.hooks.get(i);
        run(of.act, hook, "afterRun", () -> hook.afterRun(view, view.values(ofRun, result)));
      }
    }
  }
}
