package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyInt;
import static org.mockito.ArgumentMatchers.anyLong;
import static org.mockito.Mockito.doThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;
import static org.mockito.Mockito.verify;
import static org.mockito.Mockito.when;

import io.outpost.agents.OfferedAgents;
import io.outpost.worker.agent.AgentInventory;
import io.outpost.worker.agent.Slots;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.mockito.ArgumentCaptor;

/** A worker that is only finishing its jobs does not limit what customers can submit. */
class AgentOfferTest {

  private final AgentInventory inventory = mock(AgentInventory.class);
  private final OfferedAgents offered = mock(OfferedAgents.class);
  private final TaskProtection protection = mock(TaskProtection.class);
  private final EndedRuns ended = mock(EndedRuns.class);
  private final AgentOffer offer =
      new AgentOffer(inventory, offered, mock(Slots.class), ended, protection, 4);

  @BeforeEach
  void hasAnAgent() {
    when(inventory.usable()).thenReturn(new TreeSet<>(List.of("claude")));
  }

  @Test
  void aDrainingWorkerWithdrawsItsOfferUntilItTakesJobsAgain() {
    offer.tell();
    told(1);
    verify(offered, never()).withdraw(any());

    when(protection.isDraining()).thenReturn(true);
    offer.tell();
    offer.tell();
    told(1);
    verify(offered, times(1)).withdraw(any());

    when(protection.isDraining()).thenReturn(false);
    offer.tell();
    told(2);
  }

  /**
   * After a pause the API no longer knows the earlier count, and must not take all ended jobs for
   * new ones.
   */
  @Test
  void aWorkerThatComesBackCountsItsEndedJobsAnew() {
    when(ended.number()).thenReturn(20_000L);
    offer.tell();
    when(protection.isDraining()).thenReturn(true);
    offer.tell();
    when(protection.isDraining()).thenReturn(false);
    when(ended.number()).thenReturn(20_003L);
    offer.tell();
    var names = ArgumentCaptor.forClass(String.class);
    var counts = ArgumentCaptor.forClass(Long.class);
    verify(offered, times(2)).tell(names.capture(), any(), any(), anyInt(), counts.capture());
    assertThat(counts.getAllValues()).containsExactly(20_000L, 3L);
    assertThat(names.getAllValues()).doesNotHaveDuplicates();
  }

  @Test
  void whatCouldNotBeWithdrawnIsWithdrawnTheNextTime() {
    offer.tell();
    doThrow(new IllegalStateException("throttled")).doNothing().when(offered).withdraw(any());
    offer.stop();
    offer.tell();
    offer.tell();
    verify(offered, times(2)).withdraw(any());
  }

  @Test
  void aStoppingWorkerWithdrawsItsOfferForGood() {
    offer.tell();
    offer.stop();
    offer.tell();
    told(1);
    verify(offered).withdraw(any());
  }

  private void told(int times) {
    verify(offered, times(times)).tell(any(), any(), any(), anyInt(), anyLong());
  }
}
