package dev.muster.trial.metric;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** A validation of several slots: each gathers its batches, and the states travel as bytes. */
final class Slots {
  private Slots() {}

  /** The states as they arrive, by rank. */
  static <S extends Serializable> List<S> states(
      MetricReducer<S> reducer, List<List<BatchValues>> slots) {
    List<S> states = new ArrayList<>();
    for (List<BatchValues> batches : slots) {
      S state = reducer.empty();
      for (BatchValues batch : batches) {
        state = reducer.accumulate(state, batch);
      }
      states.add(sent(state));
    }
    return states;
  }

  static <S extends Serializable> MetricValue reduce(
      MetricReducer<S> reducer, List<List<BatchValues>> slots) {
    return reducer.crossSlotReduce(states(reducer, slots));
  }

  /** What arrives of an object that travels by Java serialization. */
  @SuppressWarnings("unchecked") // it is what was written
  static <T extends Serializable> T sent(T object) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(object);
      out.flush();
      return (T) new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray())).readObject();
    } catch (IOException | ClassNotFoundException e) {
      throw new AssertionError(e);
    }
  }
}
