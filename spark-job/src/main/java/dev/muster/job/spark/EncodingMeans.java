package dev.muster.job.spark;

import dev.muster.job.config.EncodedData;

/**
 * With what a data set is encoded.
 *
 * @param resources of the slots, on whose executors all of it runs: others would be held beside
 *     them until the shuffled records are read, and on a small cluster both wait for ever
 * @param limit of the room on the executors' disks
 * @param number of the encoding in its application, under which tasks count their records
 */
record EncodingMeans(SlotResources resources, EncodedData limit, long number) {
  /** On any executor, with the default limits, counted under no number. */
  static final EncodingMeans DEFAULT =
      new EncodingMeans(SlotResources.DEFAULT, EncodedData.DEFAULT, 0);
}
