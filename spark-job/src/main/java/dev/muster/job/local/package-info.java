/**
 * Trials outside Spark: the context of {@code EstimatorTrialContext.fromConfig}. Found as a service
 * by the trial API; no state, any thread.
 */
@NullMarked
package dev.muster.job.local;

import org.jspecify.annotations.NullMarked;
