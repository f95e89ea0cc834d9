/**
 * An example of strings, embeddings, crossed features, a metric of one's own and early stopping: a
 * wide and deep model of the Census Income data set. Start from {@link
 * dev.muster.examples.census.CensusTrial}.
 */
package dev.muster.examples.census;
