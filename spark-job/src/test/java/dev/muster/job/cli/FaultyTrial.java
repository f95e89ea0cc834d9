package dev.muster.job.cli;

import dev.muster.trial.Estimator;
import dev.muster.trial.EstimatorTrial;
import dev.muster.trial.EstimatorTrialContext;
import dev.muster.trial.EvalSpec;
import dev.muster.trial.InvalidHyperparameterException;
import dev.muster.trial.ServingInputReceiver;
import dev.muster.trial.TrainSpec;
import dev.muster.trial.data.Dataset;
import dev.muster.trial.hook.RunHook;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import org.jspecify.annotations.NullUnmarked;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;

/** A trial with the one fault that its hyperparameter {@code fault} names. */
@NullUnmarked // a user's code need not be checked
public class FaultyTrial extends EstimatorTrial {
  static final String ROWS = "array(float(id), 1f, 2f, 3f) AS image, id % 2 AS digit";

  public FaultyTrial(EstimatorTrialContext context) {
    super(context);
    if (has("constructorThrows")) {
      throw new IllegalStateException("no such colour");
    }
    if (has("invalidInConstructor")) {
      throw new InvalidHyperparameterException("more heads than units");
    }
  }

  private boolean has(String fault) {
    return fault().equals(fault);
  }

  private String fault() {
    return context().hparam("fault").asString();
  }

  @Override
  public Estimator buildEstimator() {
    return has("nullEstimator") ? null : Estimator.of(new FaultyModel(context(), fault())::build);
  }

  @Override
  public TrainSpec buildTrainSpec() {
    if (has("nullTrainSpec")) {
      return null;
    }
    if (has("buildThrows")) {
      return TrainSpec.of(null);
    }
    Dataset data = has("unwrappedTraining") ? data() : context().wrapDataset(data());
    TrainSpec spec = TrainSpec.of(has("unbatched") ? data : data.batch());
    return has("hookThrows") ? spec.hooks(new FaultyHook()) : spec;
  }

  @Override
  public EvalSpec buildValidationSpec() {
    if (has("nullValidationSpec")) {
      return null;
    }
    Dataset data = has("unwrappedValidation") ? data() : context().wrapDataset(data());
    return EvalSpec.of(data.batch());
  }

  @Override
  public Map<String, ServingInputReceiver> buildServingInputReceivers() {
    ServingInputReceiver receiver =
        ServingInputReceiver.tensors("image", TFloat32.class, Shape.of(-1, 4));
    return switch (fault()) {
      case "nullReceivers" -> null;
      case "receiverIsNull" -> Collections.singletonMap("digits", null);
      case "receiverIsPath" -> Map.of("digits/v1", receiver);
      case "receiverIsTaken" -> Map.of("variables", receiver);
      default -> super.buildServingInputReceivers();
    };
  }

  private Dataset data() {
    return switch (fault()) {
      case "unread" ->
          rows("SELECT " + ROWS + ", 1f AS weight FROM range(8)").feature("weight", TFloat32.class);
      case "missingColumn" ->
          rows("SELECT array(1f, 2f, 3f, 4f) AS imgae, id AS digit, id AS weight FROM range(8)");
      case "arrayLength" ->
          rows(
              "SELECT if(id = 5, array(1f, 2f, 3f), array(1f, 2f, 3f, 4f)) AS image, id % 2 AS"
                  + " digit FROM range(0, 8, 1, 1)");
      case "columnType" -> rows("SELECT string(id) AS image, id % 2 AS digit FROM range(8)");
      case "nullInData" ->
          rows(
              "SELECT array(1f, 2f, 3f, 4f) AS image, if(id = 6, null, id % 2) AS digit FROM"
                  + " range(0, 8, 1, 1)");
      case "emptyData" -> rows("SELECT " + ROWS + " FROM range(8) WHERE id < 0");
      case "missingData" ->
          declared(Dataset.of("digits", s -> s.read().parquet("/no/such/digits")));
      case "nullSource" -> declared(Dataset.of("digits", spark -> null));
      default -> rows("SELECT " + ROWS + " FROM range(8)");
    };
  }

  private static Dataset rows(String sql) {
    return declared(Dataset.of("digits", spark -> spark.sql(sql)));
  }

  private static Dataset declared(Dataset rows) {
    return rows.feature("image", TFloat32.class, Shape.of(4)).label("digit", TInt64.class);
  }

  /** Cannot write. */
  static final class FaultyHook extends RunHook {
    @Override
    public void onCheckpointEnd(Path directory) throws IOException {
      throw new IOException("the server of notes is down");
    }
  }

  /** Only to be extended. */
  public abstract static class Abstract extends FaultyTrial {
    public Abstract(EstimatorTrialContext context) {
      super(context);
    }
  }

  static final class NotPublic extends FaultyTrial {
    public NotPublic(EstimatorTrialContext context) {
      super(context);
    }
  }

  /** Takes nothing. */
  public static final class NoConstructor extends FaultyTrial {
    NoConstructor(EstimatorTrialContext context, int layers) {
      super(context);
    }
  }

  /** Cannot be loaded. */
  public static final class BadStatic extends FaultyTrial {
    static final int LAYERS = Integer.parseInt("three");

    public BadStatic(EstimatorTrialContext context) {
      super(context);
    }
  }
}
