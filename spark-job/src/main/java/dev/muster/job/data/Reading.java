package dev.muster.job.data;

/**
 * How a data set is read by all its slots. Immutable.
 *
 * @param layout of the records
 * @param order in which they stand
 * @param pass what is read of the order, again and again
 * @param change of each batch
 */
public record Reading(RecordLayout layout, GlobalOrder order, Pass pass, BatchChange change) {}
