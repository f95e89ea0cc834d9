/** What a user writes a trial against. */
@NullMarked
package dev.muster.trial;

import org.jspecify.annotations.NullMarked;
