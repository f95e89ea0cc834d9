/**
 * Variables, layers, losses and initial values, all hanging on the model's scope. Used while the
 * model function runs, on the thread that runs it.
 */
@NullMarked
package dev.muster.trial.layer;

import org.jspecify.annotations.NullMarked;
