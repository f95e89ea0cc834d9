/**
 * Validation metrics: what is collected in each evaluation batch, and how the slots' states become
 * one value.
 */
@NullMarked
package dev.muster.trial.metric;

import org.jspecify.annotations.NullMarked;
