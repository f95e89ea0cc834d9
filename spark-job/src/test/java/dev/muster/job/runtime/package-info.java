@NullMarked
package dev.muster.job.runtime;

import org.jspecify.annotations.NullMarked;
