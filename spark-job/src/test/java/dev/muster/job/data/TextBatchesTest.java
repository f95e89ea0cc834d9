package dev.muster.job.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.muster.trial.data.Column;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.ndarray.Shape;
import org.tensorflow.types.TInt64;
import org.tensorflow.types.TString;

class TextBatchesTest {
  private static final RecordLayout LAYOUT =
      RecordLayout.of(
          List.of(
              new Column("pair", Column.Role.FEATURE, TString.class, Shape.of(2)),
              new Column("number", Column.Role.FEATURE, TInt64.class, Shape.scalar()),
              new Column("word", Column.Role.LABEL, TString.class, Shape.scalar())));

  @TempDir Path directory;

  private static String word(int record) {
    return record == 2 ? "" : "größe " + record;
  }

  private RecordStore store(int records) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    RecordOutput out = new RecordOutput(LAYOUT.frame());
    for (int record = 0; record < records; record++) {
      out.begin();
      out.buffer().putLong(out.at(0), record);
      for (String text : List.of("a" + record, "b" + record, word(record))) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        out.tail(4 + encoded.length).putInt(encoded.length).put(encoded);
      }
      bytes.write(out.array(), 0, out.length());
    }
    RecordStore store = RecordStore.create(directory, LAYOUT, records, 1);
    store.write(0, List.of(bytes.toByteArray()).iterator(), Records.checksum(bytes.toByteArray()));
    return store;
  }

  @Test
  void textsBecomeTensorsOfTheBatchAlsoOfItsSmallerLastOne() {
    int records = 8;
    List<String> read = new ArrayList<>();
    GlobalOrder order = new GlobalOrder(records, 1, false, 0);
    try (RecordStore store = store(records);
        SlotBatches batches = SlotBatches.validation(LAYOUT, order, store, 0, 1, 3)) {
      while (batches.hasNext()) {
        Batch batch = batches.next();
        TString pair = (TString) Objects.requireNonNull(batch.tensors().get("pair"));
        TInt64 number = (TInt64) Objects.requireNonNull(batch.tensors().get("number"));
        TString word = (TString) Objects.requireNonNull(batch.tensors().get("word"));
        assertThat(pair.shape()).isEqualTo(Shape.of(batch.examples(), 2));
        assertThat(word.shape()).isEqualTo(Shape.of(batch.examples()));
        for (int row = 0; row < batch.examples(); row++) {
          read.add(
              pair.getObject(row, 0)
                  + pair.getObject(row, 1)
                  + number.getLong(row)
                  + word.getObject(row));
        }
      }
    }
    List<String> expected = new ArrayList<>();
    for (int record = 0; record < records; record++) {
      expected.add("a" + record + "b" + record + record + word(record));
    }
    assertThat(read).isEqualTo(expected);
  }

  @Test
  void batchStaysWholeWhileTheNextOneIsRead() {
    int records = 12;
    GlobalOrder order = new GlobalOrder(records, 1, false, 0);
    try (RecordStore store = store(records);
        SlotBatches batches =
            SlotBatches.training(LAYOUT, order, store, 0, 1, 2, false, Position.START)) {
      Batch before = batches.next();
      String first = ((TString) Objects.requireNonNull(before.tensors().get("word"))).getObject(0);
      for (int batch = 1; batch < 20; batch++) {
        Batch now = batches.next();
        assertThat(((TString) Objects.requireNonNull(before.tensors().get("word"))).getObject(0))
            .isEqualTo(first);
        first = ((TString) Objects.requireNonNull(now.tensors().get("word"))).getObject(0);
        assertThat(first).isEqualTo(word(2 * batch % records));
        before = now;
      }
    }
  }

  @Test
  void slotOfADataSetThatHasNoRecordForItGetsAnEmptyText() {
    GlobalOrder order = new GlobalOrder(1, 2, false, 0);
    RecordStore store = RecordStore.create(directory, LAYOUT, 1, 2);
    store.write(1, List.<byte[]>of().iterator(), Records.checksum(new byte[0]));
    try (store;
        SlotBatches batches = SlotBatches.validation(LAYOUT, order, store, 1, 2, 1)) {
      Batch batch = batches.next();
      assertThat(batch.examples()).isZero();
      TString words = (TString) Objects.requireNonNull(batch.tensors().get("word"));
      assertThat(words.shape()).isEqualTo(Shape.of(1));
      assertThat(words.getObject(0)).isEmpty();
    }
  }
}
