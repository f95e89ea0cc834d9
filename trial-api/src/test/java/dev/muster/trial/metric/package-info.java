/** Tests. */
@NullMarked
package dev.muster.trial.metric;

import org.jspecify.annotations.NullMarked;
