/** Callbacks in the life of a trial. Each call comes from the slot's own thread. */
@NullMarked
package dev.muster.trial.hook;

import org.jspecify.annotations.NullMarked;
