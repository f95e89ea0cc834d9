/**
 * Words in messages that several packages share: {@link dev.muster.job.text.NearName}. Pure
 * functions that use nothing of ours; any package may call them, on any thread.
 */
@NullMarked
package dev.muster.job.text;

import org.jspecify.annotations.NullMarked;
