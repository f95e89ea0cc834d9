/** Tests. */
@NullMarked
package dev.muster.trial.optimizer;

import org.jspecify.annotations.NullMarked;
