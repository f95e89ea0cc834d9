/** Tests. */
@NullMarked
package dev.muster.trial.data;

import org.jspecify.annotations.NullMarked;
