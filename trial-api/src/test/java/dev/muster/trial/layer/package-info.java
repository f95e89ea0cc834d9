/** Tests. */
@NullMarked
package dev.muster.trial.layer;

import org.jspecify.annotations.NullMarked;
