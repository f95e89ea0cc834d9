/**
 * Real daemons for the integration tests: HDFS and YARN of one machine, a whole Spark
 * distribution's {@code spark-submit}, and the eyes and hands that such tests need ({@link
 * dev.muster.job.cluster.YarnApplications}, {@link dev.muster.job.cluster.ProcessTable}).
 *
 * <p>Independent of the job that is tested: but for what reads checkpoints back, nothing here uses
 * a class of Muster. {@link dev.muster.job.cluster.SubmitIT} submits the job jar. The programs
 * behind it are {@code scripts/testcluster} and the scripts in {@code scripts/testcluster.d}, which
 * people can run too. Any test may call in; every class is confined to the thread that made it.
 * What a machine cannot have skips the test with a printed reason ({@link
 * dev.muster.job.cluster.SkipReason}).
 */
@NullMarked
package dev.muster.job.cluster;

import org.jspecify.annotations.NullMarked;
