/**
 * Callbacks around the batches of a session ({@link dev.muster.trial.hook.SessionHook}) and in the
 * life of a trial ({@link dev.muster.trial.hook.RunHook}). Each call comes from the slot's own
 * thread.
 */
@NullMarked
package dev.muster.trial.hook;

import org.jspecify.annotations.NullMarked;
