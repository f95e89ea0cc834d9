package dev.muster.job.runtime;

import java.nio.file.Path;

/**
 * What a slot gives its replica.
 *
 * @param threads TensorFlow's threads: the slot's cores
 * @param scratch a local directory for files on their way to a checkpoint
 */
public record ReplicaSettings(int threads, Path scratch) {}
