package dev.muster.job.spark;

/** What a slot keeps in its JVM between legs. {@code close} may be called more than once. */
interface Resident extends AutoCloseable {}
