package dev.muster.trial.layer;

import dev.muster.trial.TrialException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.tensorflow.Operand;
import org.tensorflow.op.Ops;
import org.tensorflow.op.strings.Join;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;
import org.tensorflow.types.family.TIntegral;
import org.tensorflow.types.family.TNumber;

/**
 * What makes ids and numbers of raw features, inside the graph, so that the served model takes the
 * same raw features. Nothing here is trained. Confined to the thread that runs the model function.
 */
public final class Preprocessing {
  private final Ops tf;

  /** Ops that are added by {@code tf}. */
  public Preprocessing(Ops tf) {
    this.tf = tf;
  }

  /**
   * The place of each string in a list. The list becomes a constant of the graph, and of the served
   * model.
   *
   * @param strings any shape
   * @param vocabulary the known strings, each once, compared by their UTF-8 bytes
   * @param buckets for the strings that are not in it, each by its hash; at 0 such a string is -1
   * @return the strings' shape; from 0 to {@code vocabulary.size() + buckets} - 1, or -1
   */
  public Operand<TInt64> vocabulary(
      Operand<TString> strings, List<String> vocabulary, int buckets) {
    checkVocabulary(vocabulary, buckets);
    return new VocabularyLookup(vocabulary).ids(tf.withSubScope("vocabulary"), strings, buckets);
  }

  private static void checkVocabulary(List<String> vocabulary, int buckets) {
    if (vocabulary.isEmpty()) {
      throw new TrialException(
          "Cannot look up strings: the vocabulary is empty; use hash for strings without one");
    }
    if (buckets < 0) {
      throw new TrialException(
          "Cannot look up strings: expected 0 or more buckets for unknown strings, found "
              + buckets);
    }
    Set<String> seen = new LinkedHashSet<>();
    for (String term : vocabulary) {
      if (!seen.add(term)) {
        throw new TrialException(
            "Cannot look up strings: the vocabulary has '"
                + term
                + "' twice, the second time at "
                + vocabulary.lastIndexOf(term));
      }
    }
  }

  /**
   * A bucket for each string, by FarmHash's Fingerprint64: what {@code
   * tf.strings.to_hash_bucket_fast} gives in Python.
   *
   * @param strings any shape
   * @param buckets how many
   * @return the strings' shape; from 0 to buckets - 1
   */
  public Operand<TInt64> hash(Operand<TString> strings, int buckets) {
    return tf.strings.toHashBucketFast(strings, (long) buckets("hash", buckets));
  }

  /** A bucket for each integer, by the hash of its decimal digits: see {@link #hash}. */
  public Operand<TInt64> hashOfIntegers(Operand<? extends TIntegral> integers, int buckets) {
    return hash(tf.dtypes.asString(integers), buckets);
  }

  /**
   * A bucket for each combination of several features' values, by the {@link #hash} of the strings
   * joined by {@code _X_}.
   *
   * @param features at least two, all of one shape
   * @param buckets how many
   * @return the features' shape; from 0 to buckets - 1
   */
  public Operand<TInt64> cross(List<Operand<TString>> features, int buckets) {
    if (features.size() < 2) {
      throw new TrialException(
          "Cannot cross features: expected at least 2, found " + features.size());
    }
    buckets("cross", buckets);
    return hash(tf.strings.join(features, Join.separator("_X_")), buckets);
  }

  /**
   * The interval that each number falls into.
   *
   * @param numbers any shape
   * @param boundaries ascending; a number equal to one belongs to the interval above it
   * @return the numbers' shape; from 0 (below the first boundary) to {@code boundaries.length}
   */
  public Operand<TInt64> bucketize(Operand<? extends TNumber> numbers, float... boundaries) {
    List<Float> ascending = new ArrayList<>();
    for (float boundary : boundaries) {
      if (!ascending.isEmpty() && !(ascending.get(ascending.size() - 1) < boundary)) {
        throw new TrialException(
            "Cannot bucketize: expected ascending boundaries, found "
                + boundary
                + " after "
                + ascending.get(ascending.size() - 1));
      }
      ascending.add(boundary);
    }
    if (ascending.isEmpty()) {
      throw new TrialException("Cannot bucketize: expected at least one boundary, found none");
    }
    return tf.dtypes.cast(tf.bucketize(numbers, ascending), TInt64.class);
  }

  /**
   * (number - mean) / deviation.
   *
   * @param numbers any shape
   * @param mean of the training data, known beforehand
   * @param deviation their standard deviation, above 0
   */
  public Operand<TFloat32> normalize(
      Operand<? extends TNumber> numbers, float mean, float deviation) {
    return normalize(numbers, new float[] {mean}, new float[] {deviation});
  }

  /**
   * (number - mean) / deviation, for each feature.
   *
   * @param numbers {@code [batch, …, features]}
   * @param means one for each feature
   * @param deviations one for each feature, each above 0
   */
  public Operand<TFloat32> normalize(
      Operand<? extends TNumber> numbers, float[] means, float[] deviations) {
    if (means.length != deviations.length) {
      throw new TrialException(
          "Cannot normalize: expected as many means as deviations, found "
              + means.length
              + " and "
              + deviations.length);
    }
    for (float deviation : deviations) {
      if (!(deviation > 0)) {
        throw new TrialException(
            "Cannot normalize: expected deviations above 0, found " + deviation);
      }
    }
    Operand<TFloat32> floats = tf.dtypes.cast(numbers, TFloat32.class);
    return means.length == 1
        ? tf.math.div(tf.math.sub(floats, tf.constant(means[0])), tf.constant(deviations[0]))
        : tf.math.div(tf.math.sub(floats, tf.constant(means)), tf.constant(deviations));
  }

  /**
   * One at the place of each id, zero elsewhere.
   *
   * @param ids any shape; an id below 0 or beyond the categories gives zeros
   * @param categories how many
   * @return the ids' shape and one more dimension, {@code [batch, …, categories]}
   */
  public Operand<TFloat32> oneHot(Operand<? extends TIntegral> ids, int categories) {
    buckets("encode one-hot", categories);
    return tf.oneHot(ids, tf.constant(categories), tf.constant(1f), tf.constant(0f));
  }

  /**
   * One at the places of all ids of a record, zero elsewhere.
   *
   * @param ids {@code [batch, n]}; an id below 0, such as padding, is left out
   * @param categories how many
   * @return {@code [batch, categories]}
   */
  public Operand<TFloat32> multiHot(Operand<? extends TIntegral> ids, int categories) {
    int rank = ids.asOutput().shape().numDimensions();
    if (rank != 2) {
      throw new TrialException(
          "Cannot encode multi-hot: expected ids of shape [batch, n], found "
              + LayerScope.text(ids.asOutput().shape()));
    }
    return tf.reduceMax(oneHot(ids, categories), tf.constant(1));
  }

  private static int buckets(String verb, int buckets) {
    if (buckets < 1) {
      throw new TrialException(
          "Cannot " + verb + ": expected a number of at least 1, found " + buckets);
    }
    return buckets;
  }
}
