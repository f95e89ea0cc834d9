package dev.muster.job.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.muster.trial.TrialException;
import dev.muster.trial.hook.RunHook;
import dev.muster.trial.hook.SessionHook;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The trial's run hooks of all lists, each once, in the order of the lists: their calls with a
 * checkpoint, their state, their end. Confined to the slot's thread.
 */
final class RunHooks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunHooks.class);
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  /** By their names in checkpoints: the class, and the number among those of the same class. */
  private final Map<String, RunHook> hooks = new LinkedHashMap<>();

  private boolean closed;

  /** Adds those that are run hooks and not here yet. */
  void add(List<? extends SessionHook> list) {
    for (SessionHook hook : list) {
      if (hook instanceof RunHook run && hooks.values().stream().noneMatch(other -> other == run)) {
        String type = run.getClass().getName();
        long before = hooks.keySet().stream().filter(name -> name.startsWith(type + "#")).count();
        hooks.put(type + "#" + before, run);
      }
    }
  }

  /** Before the weights are restored: {@code onCheckpointLoad}, then {@code loadState}, of each. */
  void load(Path checkpoint, int rank) throws IOException {
    String act = "Cannot restore the checkpoint";
    Map<String, byte[]> states = read(file(checkpoint, rank));
    for (Map.Entry<String, RunHook> entry : hooks.entrySet()) {
      RunHook hook = entry.getValue();
      SessionHooks.run(act, hook, "onCheckpointLoad", () -> hook.onCheckpointLoad(checkpoint));
      byte[] state = states.get(entry.getKey());
      if (state != null) {
        SessionHooks.run(act, hook, "loadState", () -> hook.loadState(state));
      }
    }
  }

  /** The chief's {@code onCheckpointEnd}, when the model is written. */
  void checkpointEnd(Path checkpoint) {
    for (RunHook hook : hooks.values()) {
      SessionHooks.run(
          "Cannot write the checkpoint",
          hook,
          "onCheckpointEnd",
          () -> hook.onCheckpointEnd(checkpoint));
    }
  }

  /** Writes what {@code saveState} returns; no file where that is nothing. */
  void save(Path checkpoint, int rank) throws IOException {
    List<Map<String, Object>> states = new ArrayList<>();
    for (Map.Entry<String, RunHook> entry : hooks.entrySet()) {
      byte[] state = state(entry.getValue());
      if (state.length > 0) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("hook", entry.getKey());
        json.put("state", state); // Jackson writes Base64
        states.add(json);
      }
    }
    if (!states.isEmpty()) {
      Path file = file(checkpoint, rank);
      Files.createDirectories(file.getParent());
      JSON.writeValue(file.toFile(), Map.of("hooks", states));
    }
  }

  private static byte[] state(RunHook hook) {
    String owner = hook.getClass().getName();
    byte[] state =
        UserCode.call(
            "Cannot write the checkpoint: hook " + owner + ".saveState", owner, hook::saveState);
    if (state.length > RunHook.MAX_STATE_BYTES) {
      throw new TrialException(
          "Cannot write the checkpoint: hook "
              + owner
              + ".saveState returned "
              + state.length
              + " bytes, expected at most "
              + RunHook.MAX_STATE_BYTES
              + "; write a file in onCheckpointEnd");
    }
    return state;
  }

  private static Path file(Path checkpoint, int rank) {
    return checkpoint.resolve("state").resolve("hooks-" + rank + ".json");
  }

  private static Map<String, byte[]> read(Path file) throws IOException {
    Map<String, byte[]> states = new HashMap<>();
    if (Files.exists(file)) {
      for (JsonNode hook : JSON.readTree(file.toFile()).path("hooks")) {
        states.put(hook.path("hook").asText(), hook.path("state").binaryValue());
      }
    }
    return states;
  }

  /** Calls {@code onTrialClose} of each, whatever fails; a second call does nothing. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Closing.all(
          LOG, hooks.values().stream().<Closing.Step>map(hook -> hook::onTrialClose).toList());
    }
  }
}
