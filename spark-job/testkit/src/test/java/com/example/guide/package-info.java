/** The code of {@code docs/writing-a-trial.md}, compiled and run. */
@NullMarked
package com.example.guide;

import org.jspecify.annotations.NullMarked;
