package dev.muster.job.spark;

import dev.muster.trial.data.Selection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.sql.catalyst.InternalRow;

/**
 * The rows of a partition whose numbers in the source are within a range; a partition without one
 * is not read, nor what comes after the last.
 */
final class SelectedRows
    implements Function2<Integer, Iterator<InternalRow>, Iterator<InternalRow>> {
  private static final long serialVersionUID = 1L;

  private final List<Long> starts;
  private final long first;
  private final long end;

  /**
   * The rows of a selection.
   *
   * @param starts the number of the first row of each partition, then the count of all
   */
  SelectedRows(List<Long> starts, Selection selection) {
    this.starts = starts;
    this.first = selection.skip();
    this.end = selection.end(starts.get(starts.size() - 1));
  }

  @Override
  public Iterator<InternalRow> call(Integer partition, Iterator<InternalRow> rows) {
    long start = starts.get(partition);
    long from = Math.max(start, first);
    long to = Math.min(starts.get(partition + 1), end);
    if (from >= to) {
      return Collections.emptyIterator();
    }
    return new Iterator<>() {
      private long number = start;

      @Override
      public boolean hasNext() {
        for (; number < from && rows.hasNext(); number++) {
          rows.next();
        }
        return number < to && rows.hasNext();
      }

      @Override
      public InternalRow next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        number++;
        return rows.next();
      }
    };
  }
}
