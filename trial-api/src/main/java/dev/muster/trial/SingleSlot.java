package dev.muster.trial;

import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A slot without others. Immutable. */
final class SingleSlot extends Distributed {
  static final SingleSlot INSTANCE = new SingleSlot();

  private SingleSlot() {}

  @Override
  public int rank() {
    return 0;
  }

  @Override
  public int size() {
    return 1;
  }

  @Override
  public int localRank() {
    return 0;
  }

  @Override
  public int localSize() {
    return 1;
  }

  @Override
  public int crossRank() {
    return 0;
  }

  @Override
  public int crossSize() {
    return 1;
  }

  @Override
  public <T extends Serializable> List<T> gather(T value) {
    return List.of(value);
  }

  @Override
  public <T extends Serializable> List<T> allGather(T value) {
    return List.of(value);
  }

  @Override
  public <T extends Serializable> T broadcast(@Nullable T value) {
    if (value == null) {
      throw new TrialException("Cannot broadcast: the chief's value is null");
    }
    return value;
  }
}
