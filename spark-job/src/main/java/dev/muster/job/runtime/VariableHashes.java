package dev.muster.job.runtime;

import dev.muster.job.collective.Collective;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tensorflow.Result;
import org.tensorflow.Session;

/** Compares variables over the slots by a hash of each, without moving their values. */
final class VariableHashes {
  private VariableHashes() {}

  /**
   * The variables that are not the same bytes in all slots; all ranks call it and get the same
   * answer.
   *
   * @param names the same on every rank
   * @return each with its hashes, the index is the rank
   */
  static Map<String, long[]> differing(
      Collective ring, VariableValues values, Session session, List<String> names) {
    ByteBuffer mine = ByteBuffer.allocate(names.size() * Long.BYTES);
    if (!names.isEmpty()) {
      try (Result result = values.read(session, names)) {
        for (int i = 0; i < names.size(); i++) {
          mine.putLong(ByteHash.of(result.get(i)));
        }
      }
    }
    byte[][] all = ring.allGather(mine.array());
    Map<String, long[]> differing = new LinkedHashMap<>();
    for (int i = 0; i < names.size(); i++) {
      long[] hashes = new long[all.length];
      boolean same = true;
      for (int rank = 0; rank < all.length; rank++) {
        hashes[rank] = ByteBuffer.wrap(all[rank]).getLong(i * Long.BYTES);
        same &= hashes[rank] == hashes[0];
      }
      if (!same) {
        differing.put(names.get(i), hashes);
      }
    }
    return differing;
  }
}
