package dev.muster.job.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.spark.Message.Abort;
import dev.muster.job.spark.Message.Caller;
import dev.muster.job.spark.Message.Go;
import dev.muster.job.spark.Message.Report;
import dev.muster.job.spark.Message.Wait;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SlotHandleTest {
  private static final Seat SEAT =
      new Seat("trial", 4, 0, 1, List.of("h:1"), Blob.EMPTY, List.of(), Blob.EMPTY, 1);

  private final Deque<Object> answers = new ArrayDeque<>();
  private final List<Message> questions = Collections.synchronizedList(new ArrayList<>());
  private final Asker asker = new Asker(this::answer);
  private final SlotHandle handle = new SlotHandle(asker, new Caller(1, 2), SEAT);

  private synchronized Object answer(Object question) throws Exception {
    questions.add(Wire.decode((byte[]) question));
    Object answer = answers.remove();
    if (answer instanceof Exception failure) {
      throw failure;
    }
    return answer instanceof Message message ? Wire.encode(message) : answer;
  }

  @AfterEach
  void close() {
    asker.close();
  }

  @Test
  void aReportIsRepeatedWithItsNumberUntilTheDriverHasIt() {
    answers.add(new Wait("full", false));
    answers.add(new IOException("connection lost"));
    answers.add(new Go(false));
    answers.add(new Go(true));

    assertThat(handle.report(new byte[] {7})).isFalse();
    assertThat(handle.report(new byte[] {8})).isTrue();

    assertThat(questions.stream().map(question -> ((Report) question).sequence()))
        .containsExactly(1L, 1L, 1L, 2L);
  }

  @Test
  void anAbortCancelsTheReporter() {
    answers.add(new Abort("rank 1 has failed"));
    AtomicInteger cancelled = new AtomicInteger();
    handle.onCancel(cancelled::incrementAndGet);

    assertThatThrownBy(() -> handle.report(new byte[0]))
        .isInstanceOf(CancellationException.class)
        .hasMessage("Cannot go on: the leg has failed: rank 1 has failed");
    assertThat(handle.cancelled()).isTrue();
    assertThat(cancelled).hasValue(1);

    handle.cancel("again");
    handle.onCancel(cancelled::incrementAndGet); // too late to be kept: runs at once
    assertThat(cancelled).hasValue(2);
    assertThat(handle.returned()).isFalse();
  }

  @Test
  void nothingIsCancelledOnceTheProgramHasReturned() {
    AtomicInteger cancelled = new AtomicInteger();
    handle.onCancel(cancelled::incrementAndGet);

    assertThat(handle.returned()).isTrue();
    handle.cancel("the leg is over");

    assertThat(cancelled).hasValue(0);
    assertThat(handle.cancelled()).isFalse();
  }

  @Test
  void aBrokenCancelActionDoesNotStopTheOthers() {
    AtomicInteger cancelled = new AtomicInteger();
    handle.onCancel(
        () -> {
          throw new IllegalStateException("broken");
        });
    handle.onCancel(cancelled::incrementAndGet);

    handle.cancel("test");

    assertThat(cancelled).hasValue(1);
  }

  @Test
  void aSilentDriverIsGivenUpAtOurDeadline() {
    CountDownLatch never = new CountDownLatch(1);
    try (Asker stuck =
        new Asker(
            question -> {
              never.await();
              return "";
            })) {
      assertThatThrownBy(() -> stuck.ask(new Message.Poll(new Caller(1, 2)), Duration.ofMillis(20)))
          .isInstanceOf(IOException.class)
          .hasMessage("Cannot reach the driver: no answer within PT0.02S");
    }
  }

  @Test
  void anAnswerThatIsNoMessageIsADefect() {
    answers.add("text");
    assertThatThrownBy(() -> asker.ask(new Message.Poll(new Caller(1, 2)), Duration.ofSeconds(10)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot use the driver's answer: it is text");
  }

  @Test
  void aRefusalIsADefect() {
    answers.add(new Message.Refused("unknown"));
    assertThatThrownBy(() -> asker.ask(new Message.Poll(new Caller(1, 2)), Duration.ofSeconds(10)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("The driver refuses a message: unknown");
  }
}
