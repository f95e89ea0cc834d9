/**
 * Optimizers of Muster's own, reproducible to the bit on one thread. Used while the model function
 * runs, on the thread that runs it.
 */
@NullMarked
package dev.muster.trial.optimizer;

import org.jspecify.annotations.NullMarked;
