/**
 * Unit tests of a trial on a laptop: {@link dev.muster.testkit.TrialTester} builds it from its
 * class and a configuration, with one or several slots as threads of this JVM, and trains,
 * validates, checkpoints and resumes as the job does, without Spark and without a cluster.
 *
 * <p>A tester is confined to the test's thread. Each slot has a thread of its own, {@code
 * muster-test-slot-<rank>}, which ends with {@link dev.muster.testkit.TrialTester#close}; several
 * slots are joined by the job's own ring over loopback. Every wait has the tester's time limit.
 */
@NullMarked
package dev.muster.testkit;

import org.jspecify.annotations.NullMarked;
