package dev.muster.job.runtime;

import dev.muster.job.data.Batch;
import dev.muster.job.data.BatchChange;
import dev.muster.trial.TrialException;
import dev.muster.trial.data.BatchMap;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.data.MutableBatch;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.tensorflow.Tensor;
import org.tensorflow.types.family.TType;

/** The batch maps of a data set, with random numbers of their own. Immutable. */
final class BatchMaps implements BatchChange {
  private final List<BatchMap> maps;
  private final long key;

  private BatchMaps(List<BatchMap> maps, long seed) {
    this.maps = maps;
    this.key = new SplittableRandom(seed).nextLong();
  }

  /** What is done with each batch of a data set. */
  static BatchChange of(Dataset dataset, long trialSeed) {
    List<BatchMap> maps = dataset.pipeline().batchMaps();
    return maps.isEmpty() ? BatchChange.NONE : new BatchMaps(maps, trialSeed);
  }

  @Override
  public void apply(Batch batch, long place) {
    MutableBatch view = new View(batch);
    SplittableRandom random = new SplittableRandom(key ^ place);
    for (BatchMap map : maps) {
      UserCode.<Void>run(
          "Cannot map a batch: mapBatch()",
          map.getClass().getName(),
          () -> {
            map.apply(view, random.split());
            return null;
          });
    }
  }

  private record View(Batch batch) implements MutableBatch {
    @Override
    public int examples() {
      return batch.examples();
    }

    @Override
    public Set<String> names() {
      return batch.tensors().keySet();
    }

    @Override
    public <T extends TType> T tensor(String column, Class<T> type) {
      Tensor tensor = batch.tensors().get(column);
      if (tensor == null) {
        throw new TrialException(
            "Cannot map a batch: expected a column '"
                + column
                + "', found "
                + new TreeSet<>(names()));
      }
      if (!type.isInstance(tensor)) {
        throw new TrialException(
            "Cannot map a batch: expected column '"
                + column
                + "' as "
                + type.getSimpleName()
                + ", found "
                + ((TType) tensor).type().getSimpleName());
      }
      return type.cast(tensor);
    }
  }
}
