package io.outpost.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.outpost.job.Job;
import io.outpost.job.JobMessage;
import io.outpost.job.StoredJob;
import io.outpost.worker.Claims.Decision;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;

/**
 * No job that may run waits beside an idle slot, whatever order things happen in. Several workers
 * choose by {@link LaneTurns}; table, index and queue are played here, each step of each slot at
 * any moment, without a clock. The index is late, as DynamoDB's is; messages come in any order;
 * slots free between the claim that was refused and the wait; nothing sweeps.
 */
class P33NoIdleSlotTest {

  private static final CamelContext CAMEL = new DefaultCamelContext();

  @Property(tries = 1000)
  void everyJobRunsWithoutASweeper(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 3) int workers,
      @ForAll @IntRange(min = 1, max = 3) int slots,
      @ForAll @IntRange(min = 1, max = 4) int tenants,
      @ForAll @IntRange(min = 1, max = 60) int jobs) {
    var world = new World(new Random(seed), workers, slots, true);
    for (int t = 0; t < tenants; t++) {
      world.tenant(1 + world.random.nextInt(4));
    }
    for (int j = 0; j < jobs; j++) {
      world.later.add(world.random.nextInt(tenants));
    }
    world.run();
    assertThat(world.states).hasSize(jobs);
    assertThat(world.states.values())
        .as("%d messages are left", world.queue.size())
        .containsOnly(State.ENDED);
  }

  @Property(tries = 30)
  void anothersOneJobIsAmongTheNextStarts(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 4) int workers,
      @ForAll @IntRange(min = 1, max = 3) int slots,
      @ForAll @IntRange(min = 1, max = 50) int cap) {
    var world = new World(new Random(seed), workers, slots, false);
    world.tenant(cap);
    world.tenant(1);
    for (int j = 0; j < 1000; j++) {
      world.submit(0);
    }
    for (int steps = world.random.nextInt(300); steps > 0; steps--) {
      world.step();
    }
    var before = world.starts.size();
    world.submit(1);
    world.run();
    var between =
        world.starts.subList(before, world.starts.size()).indexOf(world.tenants.get(1).id);
    assertThat(between).as("starts before it").isBetween(0, 2 * workers * slots);
  }

  private enum State {
    QUEUED,
    HELD,
    RUNNING,
    ENDED
  }

  private static final class Tenant {
    private final String id;
    private final int cap;
    private final Deque<StoredJob> held = new ArrayDeque<>();
    private int running;

    Tenant(String id, int cap) {
      this.id = id;
      this.cap = cap;
    }
  }

  /** A slot: idle, or at some step of the route with a permit. */
  private static final class Slot {
    private final LaneTurns turns;
    private Exchange exchange;
    private Decision decision;

    Slot(LaneTurns turns) {
      this.turns = turns;
    }
  }

  private static final class World implements LaneTurns.Waiting {
    private final Random random;
    private final boolean late;
    private final List<Tenant> tenants = new ArrayList<>();
    private final Deque<Integer> later = new ArrayDeque<>();
    private final List<JobMessage> queue = new ArrayList<>();
    private final List<Slot> slots = new ArrayList<>();
    private final Map<String, StoredJob> jobs = new HashMap<>();
    private final Map<String, State> states = new HashMap<>();
    private final TreeMap<String, StoredJob> index = new TreeMap<>();
    private final Deque<Runnable> onTheirWayToTheIndex = new ArrayDeque<>();
    private final List<String> starts = new ArrayList<>();

    World(Random random, int workers, int slotsEach, boolean late) {
      this.random = random;
      this.late = late;
      for (int w = 0; w < workers; w++) {
        var turns = new LaneTurns(this);
        for (int s = 0; s < slotsEach; s++) {
          slots.add(new Slot(turns));
        }
      }
    }

    void tenant(int cap) {
      tenants.add(new Tenant(new UUID(random.nextLong(), random.nextLong()).toString(), cap));
    }

    void submit(int tenant) {
      var stored = P09TurnsTest.waitingJob(tenants.get(tenant).id);
      jobs.put(stored.job().jobId(), stored);
      queue(stored);
    }

    private void queue(StoredJob stored) {
      states.put(stored.job().jobId(), State.QUEUED);
      write(() -> index.put(stored.turn(), stored));
      var job = stored.job();
      queue.add(new JobMessage(job.tenantId(), job.jobId(), job.priority(), null, 0));
    }

    private void write(Runnable change) {
      if (late) {
        onTheirWayToTheIndex.add(change);
      } else {
        change.run();
      }
    }

    /** Runs until no step is possible. */
    void run() {
      while (step()) {}
    }

    boolean step() {
      while (late && !onTheirWayToTheIndex.isEmpty() && random.nextInt(3) == 0) {
        onTheirWayToTheIndex.removeFirst().run();
      }
      if (!later.isEmpty() && random.nextInt(4) == 0) {
        submit(later.removeFirst());
        return true;
      }
      var able = slots.stream().filter(s -> s.exchange != null || !queue.isEmpty()).toList();
      if (able.isEmpty()) {
        if (!later.isEmpty()) {
          submit(later.removeFirst());
          return true;
        }
        return false;
      }
      step(able.get(random.nextInt(able.size())));
      return true;
    }

    /** Performs a step of the routes run-jobs and hold-job. */
    private void step(Slot slot) {
      if (slot.exchange == null) {
        slot.exchange = new DefaultExchange(CAMEL);
        var next = late ? random.nextInt(queue.size()) : 0;
        slot.exchange.setProperty("permit", queue.remove(next));
        choose(slot);
      } else if (slot.decision == null) {
        claim(slot);
      } else if (slot.decision == Decision.hold) {
        hold(slot);
        choose(slot);
      } else {
        end(slot);
      }
    }

    private void choose(Slot slot) {
      slot.decision = null;
      slot.turns.choose(slot.exchange.getProperty("permit", JobMessage.class), slot.exchange);
      if (slot.exchange.getProperty("message") == null) {
        slot.exchange = null;
      }
    }

    private StoredJob chosen(Slot slot) {
      return jobs.get(slot.exchange.getProperty("message", JobMessage.class).jobId());
    }

    private Tenant tenantOf(StoredJob stored) {
      return tenants.stream()
          .filter(tenant -> tenant.id.equals(stored.job().tenantId()))
          .findFirst()
          .orElseThrow();
    }

    private void claim(Slot slot) {
      var stored = chosen(slot);
      var state = states.get(stored.job().jobId());
      var tenant = tenantOf(stored);
      if (state == State.RUNNING || state == State.ENDED) {
        choose(slot);
      } else if (tenant.running == tenant.cap) {
        slot.decision = Decision.hold;
      } else {
        tenant.running++;
        tenant.held.remove(stored);
        states.put(stored.job().jobId(), State.RUNNING);
        write(() -> index.remove(stored.turn()));
        starts.add(tenant.id);
        slot.decision = Decision.run;
      }
    }

    private void hold(Slot slot) {
      var stored = chosen(slot);
      var message = slot.exchange.getProperty("message", JobMessage.class);
      var tenant = tenantOf(stored);
      var state = states.get(stored.job().jobId());
      if (state != State.QUEUED) {
        return;
      }
      if (tenant.running < tenant.cap) {
        slot.turns.free(message, slot.exchange);
        return;
      }
      states.put(stored.job().jobId(), State.HELD);
      tenant.held.add(stored);
      write(() -> index.remove(stored.turn()));
      slot.turns.held(message, slot.exchange);
    }

    private void end(Slot slot) {
      var stored = chosen(slot);
      var tenant = tenantOf(stored);
      tenant.running--;
      states.put(stored.job().jobId(), State.ENDED);
      if (!tenant.held.isEmpty()) {
        // A job that is woken before the index is up to date is left to the sweeper: see
        // decisions/dispatch.
        while (!onTheirWayToTheIndex.isEmpty()) {
          onTheirWayToTheIndex.removeFirst().run();
        }
        queue(tenant.held.removeFirst());
      }
      slot.exchange = null;
    }

    @Override
    public List<StoredJob> page(String priority, String afterTurn, int most) {
      return index.tailMap(afterTurn, false).values().stream().limit(most).toList();
    }

    @Override
    public Optional<StoredJob> find(JobMessage message) {
      var stored = jobs.get(message.jobId());
      var job = stored.job();
      return Optional.of(
          new StoredJob(
              switch (states.get(message.jobId())) {
                case QUEUED -> job;
                case HELD -> job.withWaitingReason("tenant-limit");
                case RUNNING -> job.withStatus(Job.Status.running);
                case ENDED -> job.withStatus(Job.Status.succeeded);
              },
              stored.details(),
              null));
    }
  }
}
