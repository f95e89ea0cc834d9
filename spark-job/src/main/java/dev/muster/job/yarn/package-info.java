/**
 * What YARN's ResourceManager says before a run asks it for containers: {@link
 * dev.muster.job.yarn.ResourceManager}. Called by the pre-flight on the driver's thread; a question
 * is asked on the thread {@code muster-yarn}, for a bounded time.
 */
@NullMarked
package dev.muster.job.yarn;

import org.jspecify.annotations.NullMarked;
