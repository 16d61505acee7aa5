package io.outpost.worker.lanes;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/**
 * The order of the lanes, by counting jobs and without any clock: what a customer with a low
 * priority can rely on while others flood the queues.
 */
class P10LanesTest {

  private static final int HIGH = 0;
  private static final int NORMAL = 1;
  private static final int LOW = 2;

  /** The default weights of the lanes. */
  private static final List<Integer> WEIGHTS = weights();

  /** The number of starts in which each lane has its turns: the sum of the weights. */
  private static final int ROUND = WEIGHTS.stream().mapToInt(Integer::intValue).sum();

  private final Lanes lanes = new Lanes(WEIGHTS);
  private final int[] waiting = new int[3];

  /** Takes one job; returns its lane, or -1. */
  private int take() throws Exception {
    var lane = lanes.take(this::from);
    return lane == null ? -1 : lane;
  }

  private Integer from(int lane) {
    if (waiting[lane] == 0) {
      return null;
    }
    waiting[lane]--;
    return lane;
  }

  private static List<Integer> weights() {
    try {
      var settings = Files.readString(Path.of("src/main/resources/application.yaml"));
      var lanes = Pattern.compile("OUTPOST_WORKER_LANES:high=(\\d+),normal=(\\d+),low=(\\d+)}");
      var found = lanes.matcher(settings).results().findFirst().orElseThrow();
      return Stream.of(1, 2, 3).map(found::group).map(Integer::valueOf).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Example
  void thePageStatesTheWeights() throws IOException {
    var high = WEIGHTS.get(HIGH);
    var normal = WEIGHTS.get(NORMAL);
    var low = WEIGHTS.get(LOW);
    assertThat(Files.readString(Path.of("docs/architecture.md")))
        .contains(
            "Of any %d jobs that start while all three lanes are full, %d are high, %d normal and %d low."
                .formatted(ROUND, high, normal, low));
  }

  private int[] take(int jobs) throws Exception {
    var taken = new int[3];
    for (int i = 0; i < jobs; i++) {
      taken[take()]++;
    }
    return taken;
  }

  @Example
  void underSaturationEachLaneGetsItsShareOfEveryRound() throws Exception {
    Arrays.fill(waiting, 1_000_000);
    for (int round = 0; round < 10_000; round++) {
      assertThat(take(ROUND))
          .as("round %d", round)
          .containsExactly(WEIGHTS.get(HIGH), WEIGHTS.get(NORMAL), WEIGHTS.get(LOW));
    }
  }

  @Property(tries = 300)
  void aSlotIsNeverLeftIdleWhileAnyLaneHasAJob(
      @ForAll @Size(3) List<@IntRange(max = 40) Integer> jobs) throws Exception {
    for (int lane = 0; lane < 3; lane++) {
      waiting[lane] = jobs.get(lane);
    }
    int all = Arrays.stream(waiting).sum();
    assertThat(take(all)).containsExactly(jobs.get(0), jobs.get(1), jobs.get(2));
    assertThat(take()).isEqualTo(-1);
  }

  @Property(tries = 300)
  void aWaitingLowJobSeesAtMostARoundOfOthersServedBeforeIt(@ForAll Random random)
      throws Exception {
    anyPast(random);
    waiting[LOW] = 1 + random.nextInt(3);
    for (int rounds = 0; rounds < 20 && waiting[LOW] > 0; rounds++) {
      int before = 0;
      for (flood(random); take() != LOW; flood(random)) {
        before++;
      }
      assertThat(before).isLessThanOrEqualTo(ROUND);
    }
  }

  @Property(tries = 300)
  void alsoWhenOtherSlotsChooseMeanwhile(
      @ForAll Random random, @ForAll @IntRange(min = 2, max = 16) int slots) throws Exception {
    anyPast(random);
    waiting[LOW] = 1;
    int before = 0;
    while (waiting[LOW] > 0) {
      flood(random);
      var order = new ArrayList<Integer>();
      takeAtOnce(order, slots, random);
      int low = order.indexOf(LOW);
      before += low < 0 ? order.size() : low;
    }
    // A turn of an empty lane is repeated later, and other lanes use theirs meanwhile.
    assertThat(before).isLessThanOrEqualTo(ROUND + slots - 1);
  }

  @Property(tries = 200)
  void anIdleLaneSavesUpNoTurns(
      @ForAll @IntRange(max = 2) int idle, @ForAll @IntRange(min = 1, max = 5000) int jobs)
      throws Exception {
    Arrays.fill(waiting, 1_000_000);
    waiting[idle] = 0;
    take(jobs);
    waiting[idle] = 1_000_000;
    var share = WEIGHTS.get(idle);
    // Two rounds give the lane twice its share, and at most one job more or less.
    assertThat(take(2 * ROUND)[idle]).isBetween(2 * share - 1, 2 * share + 1);
  }

  @Example
  void theShareOfAnIdleLaneServesTheOthersByTheirWeights() throws Exception {
    waiting[HIGH] = 1_000_000;
    waiting[LOW] = 1_000_000;
    for (int round = 0; round < 1000; round++) {
      var high = WEIGHTS.get(HIGH);
      var low = WEIGHTS.get(LOW);
      assertThat(take(high + low)).containsExactly(high, 0, low);
    }
    Arrays.fill(waiting, 0);
    waiting[NORMAL] = 5;
    assertThat(take(5)).containsExactly(0, 5, 0);
  }

  /** Takes jobs in random situations: floods, lulls and empty queues. */
  private void anyPast(Random random) throws Exception {
    for (int i = random.nextInt(200); i > 0; i--) {
      waiting[HIGH] += random.nextInt(3);
      waiting[NORMAL] += random.nextInt(2);
      waiting[LOW] += random.nextInt(8) / 7;
      take();
    }
    while (waiting[LOW] > 0) {
      take();
    }
  }

  /** The high lane always has a job, the normal lane sometimes. */
  private void flood(Random random) {
    waiting[HIGH] = 100;
    waiting[NORMAL] = random.nextInt(4) == 0 ? 0 : 100;
  }

  /** Several slots choose a lane before the first knows whether it has a job. */
  private void takeAtOnce(List<Integer> order, int slots, Random random) throws Exception {
    lanes.take(
        lane -> {
          var job = from(lane);
          if (job != null) {
            order.add(job);
          }
          if (slots > 1 && random.nextInt(4) > 0) {
            takeAtOnce(order, slots - 1, random);
          }
          return job;
        });
  }
}
