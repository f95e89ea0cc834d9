package dev.muster.job.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.muster.job.collective.Collective;
import dev.muster.job.collective.CollectiveException;
import dev.muster.trial.Distributed;
import dev.muster.trial.TrialException;
import java.io.Serializable;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Ranks, hosts and values of three slots that are threads. */
class SlotDistributedTest {
  /** A value of the trial's own class. */
  private record Note(String text, int rank) implements Serializable {}

  private static SlotDistributed connected(int rank, int size, Collective ring) {
    SlotDistributed slots = new SlotDistributed(rank, size);
    slots.joined(ring);
    return slots;
  }

  private static List<Integer> place(int rank, String... hosts) {
    SlotDistributed slots = new SlotDistributed(rank, hosts.length);
    slots.placed(List.of(hosts));
    return List.of(slots.localRank(), slots.localSize(), slots.crossRank(), slots.crossSize());
  }

  @Test
  void slotsOfOneHostAreCountedInTheOrderOfTheirRanks() {
    String[] hosts = {"a", "b", "a", "c", "b", "a"};
    assertThat(place(0, hosts)).containsExactly(0, 3, 0, 3);
    assertThat(place(1, hosts)).containsExactly(0, 2, 1, 3);
    assertThat(place(2, hosts)).containsExactly(1, 3, 0, 3);
    assertThat(place(3, hosts)).containsExactly(0, 1, 2, 3);
    assertThat(place(4, hosts)).containsExactly(1, 2, 1, 3);
    assertThat(place(5, hosts)).containsExactly(2, 3, 0, 3);
    SlotDistributed unplaced = new SlotDistributed(1, 2);
    assertThat(List.of(unplaced.localRank(), unplaced.localSize(), unplaced.crossSize()))
        .describedAs("all on one host")
        .containsExactly(1, 2, 1);
  }

  @Test
  void valuesReachTheSlotsThatTheyAreFor() throws Exception {
    List<List<Object>> answers =
        Clusters.together(
            3,
            1,
            (rank, ring) -> {
              Distributed slots = connected(rank, 3, ring);
              List<Note> gathered = slots.gather(new Note("g", rank));
              List<String> all = slots.allGather("x".repeat(rank * 1000));
              Note sent = slots.broadcast(rank == 0 ? new Note("chief", 7) : null);
              return List.of(gathered, all.stream().map(String::length).toList(), sent);
            });
    List<Integer> lengths = List.of(0, 1000, 2000);
    Note chief = new Note("chief", 7);
    assertThat(answers.get(0))
        .containsExactly(
            List.of(new Note("g", 0), new Note("g", 1), new Note("g", 2)), lengths, chief);
    assertThat(answers.get(1)).containsExactly(List.of(), lengths, chief);
    assertThat(answers.get(2)).containsExactly(List.of(), lengths, chief);
  }

  @Test
  void callThatOneSlotDoesNotMakeEndsWithTheRing() throws Exception {
    List<String> ends =
        Clusters.together(
            2,
            1,
            (rank, ring) -> {
              if (rank == 1) {
                ring.close();
                return "closed";
              }
              try {
                connected(rank, 2, ring).allGather(1);
                return "answered";
              } catch (CollectiveException e) {
                return "broken";
              }
            });
    assertThat(ends).containsExactly("broken", "closed");
  }

  @Test
  void valuesBeforeTheSlotsAreConnectedOrOnAnotherThreadAreRefused() {
    SlotDistributed early = new SlotDistributed(0, 2);
    assertThatThrownBy(() -> early.gather(1))
        .isInstanceOf(TrialException.class)
        .hasMessage(
            "Cannot call distributed().gather before the slots are connected; call it in a hook,"
                + " from afterCreateSession on");
    early.joined(Collective.single());
    assertThatThrownBy(() -> CompletableFuture.supplyAsync(() -> early.allGather(1)).join())
        .hasRootCauseInstanceOf(TrialException.class)
        .hasMessageContaining("expected the slot's own; call it in a hook");
    assertThatThrownBy(
            () -> early.allGather((Serializable & Runnable) Thread.currentThread()::interrupt))
        .isInstanceOf(TrialException.class)
        .hasMessageStartingWith("Cannot send a value by distributed().allGather: ")
        .hasMessageEndingWith("; it must be serializable with all that it holds");
  }

  @Test
  void oneSlotAndTheDriverAnswerThemselves() {
    SlotDistributed one = new SlotDistributed(0, 1);
    assertThat(one.gather("a")).containsExactly("a");
    assertThat(one.broadcast("b")).isEqualTo("b");
    SlotDistributed driver = new SlotDistributed(0, 4);
    driver.onDriver();
    assertThat(driver.size()).isEqualTo(4);
    assertThat(driver.allGather("c")).containsExactly("c");
    assertThatThrownBy(() -> driver.broadcast(null))
        .isInstanceOf(TrialException.class)
        .hasMessage("Cannot broadcast: the chief's value is null");
  }
}
