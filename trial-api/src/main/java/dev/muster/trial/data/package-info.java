/**
 * Descriptions of data sets: where rows come from, which columns become which tensors, and the
 * pipeline. A description is immutable; its source runs later, on the driver.
 */
@NullMarked
package dev.muster.trial.data;

import org.jspecify.annotations.NullMarked;
