package dev.muster.trial.layer;

import dev.muster.trial.TrialException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.tensorflow.Operand;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.op.Ops;
import org.tensorflow.types.TBool;
import org.tensorflow.types.TInt32;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

/**
 * A vocabulary without a lookup table, which every session would have to fill first: a binary
 * search among the terms' hashes, then a comparison with the one term found.
 */
final class VocabularyLookup {
  private final long[] hashes;
  private final long[] places;
  private final String[] terms;

  VocabularyLookup(List<String> vocabulary) {
    record Term(long hash, int place) {}
    Term[] sorted = new Term[vocabulary.size()];
    Arrays.setAll(
        sorted,
        i ->
            new Term(
                FarmHash.bucket(vocabulary.get(i).getBytes(StandardCharsets.UTF_8), Long.MAX_VALUE),
                i));
    Arrays.sort(sorted, Comparator.comparingLong(Term::hash));
    hashes = new long[sorted.length];
    places = new long[sorted.length];
    terms = new String[sorted.length];
    for (int i = 0; i < sorted.length; i++) {
      hashes[i] = sorted[i].hash();
      places[i] = sorted[i].place();
      terms[i] = vocabulary.get(sorted[i].place());
      if (i > 0 && hashes[i] == hashes[i - 1]) {
        throw new TrialException(
            "Cannot look up strings: '"
                + terms[i - 1]
                + "' and '"
                + terms[i]
                + "' have the same 63-bit hash; leave one of them out");
      }
    }
  }

  Operand<TInt64> ids(Ops tf, Operand<TString> strings, int buckets) {
    Operand<TString> flat = tf.reshape(strings, tf.constant(new int[] {-1}));
    Operand<TInt64> hash = tf.strings.toHashBucketFast(flat, Long.MAX_VALUE);
    Operand<TInt32> zero = tf.constant(0);
    Operand<TInt32> found =
        tf.squeeze(
            tf.lowerBound(tf.expandDims(tf.constant(hashes), zero), tf.expandDims(hash, zero)),
            org.tensorflow.op.core.Squeeze.axis(List.of(0L)));
    Operand<TInt32> candidate = tf.math.minimum(found, tf.constant(terms.length - 1));
    Operand<TBool> known =
        tf.math.equal(
            tf.gather(tf.constant(NdArrays.vectorOfObjects(terms)), candidate, zero), flat);
    Operand<TInt64> unknown =
        buckets == 0
            ? tf.constant(-1L)
            : tf.math.add(
                tf.strings.toHashBucketFast(flat, (long) buckets),
                tf.constant((long) terms.length));
    Operand<TInt64> ids =
        tf.select(known, tf.gather(tf.constant(places), candidate, zero), unknown);
    return tf.reshape(ids, tf.shape(strings));
  }
}
