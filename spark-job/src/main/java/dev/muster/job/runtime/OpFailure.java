package dev.muster.job.runtime;

import org.tensorflow.exceptions.TensorFlowException;

/** Tells what a running graph throws from what Muster throws. */
final class OpFailure {
  private OpFailure() {}

  /**
   * Whether TensorFlow threw it. Its exceptions have no common base: an invalid argument, such as
   * an id beyond an embedding, is an IllegalArgumentException.
   */
  static boolean is(RuntimeException failure) {
    return failure.getClass().getPackageName().equals(TensorFlowException.class.getPackageName());
  }
}
