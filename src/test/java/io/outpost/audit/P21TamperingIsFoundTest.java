package io.outpost.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.outpost.audit.ChainFault.Kind;
import io.outpost.audit.ChainHeads.Standing;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/**
 * An attacker who can write to the archive and the table, but not to the locked heads, cannot
 * change the past unnoticed. The check names the changed place and finds no fault in an untouched
 * chain. Random chains are tampered with in memory.
 */
class P21TamperingIsFoundTest {

  @Provide
  Arbitrary<List<Integer>> gaps() {
    return Arbitraries.integers().between(0, 200).list().ofMinSize(1).ofMaxSize(12);
  }

  @Property
  void anUntouchedChainPassesHoweverItIsPaged(
      @ForAll("gaps") List<Integer> gaps, @ForAll @IntRange(min = 1, max = 14) int limit) {
    assertThat(SampleChain.of(gaps).faults(limit)).isEmpty();
  }

  @Property
  void anEditedByteIsFoundInItsBlock(
      @ForAll("gaps") List<Integer> gaps,
      @ForAll @IntRange(max = 11) int anyBlock,
      @ForAll @IntRange(max = 100_000) int at,
      @ForAll @IntRange(min = 1, max = 255) int change,
      @ForAll @IntRange(min = 1, max = 14) int limit) {
    var block = anyBlock % gaps.size();
    var chain = SampleChain.of(gaps);
    var mark = chain.mark(block);
    var content = chain.objects.get(mark.key()).clone();
    content[at % content.length] ^= (byte) change;
    chain.objects.put(mark.key(), content);
    assertThat(chain.faults(limit))
        .singleElement()
        .matches(fault -> fault.sequence() == mark.sequence())
        .matches(fault -> fault.key().equals(mark.key()));
  }

  @Property
  void aRemovedBlockIsMissed(
      @ForAll("gaps") List<Integer> gaps,
      @ForAll @IntRange(max = 11) int anyBlock,
      @ForAll @IntRange(min = 1, max = 14) int limit) {
    var block = anyBlock % gaps.size();
    var chain = SampleChain.of(gaps);
    chain.objects.remove(chain.mark(block).key());
    assertThat(chain.faults(limit))
        .extracting(ChainFault::kind, ChainFault::sequence)
        .containsExactly(tuple(Kind.missing, block + 1L));
  }

  @Property
  void blocksThatChangedPlacesAreBothFound(
      @ForAll("gaps") List<Integer> gaps,
      @ForAll @IntRange(max = 11) int anyBlock,
      @ForAll @IntRange(max = 11) int anyOther,
      @ForAll @IntRange(min = 1, max = 14) int limit) {
    var one = Math.min(anyBlock % gaps.size(), anyOther % gaps.size());
    var other = Math.max(anyBlock % gaps.size(), anyOther % gaps.size());
    Assume.that(one < other);
    var chain = SampleChain.of(gaps);
    var content = chain.objects.get(chain.mark(one).key());
    chain.objects.put(chain.mark(one).key(), chain.objects.get(chain.mark(other).key()));
    chain.objects.put(chain.mark(other).key(), content);
    assertThat(chain.faults(limit))
        .extracting(ChainFault::kind, ChainFault::sequence)
        .containsExactly(tuple(Kind.misplaced, one + 1L), tuple(Kind.misplaced, other + 1L));
  }

  @Property
  void aBlockThatIsThereTwiceIsFoundUnderItsSecondName(
      @ForAll("gaps") List<Integer> gaps,
      @ForAll @IntRange(max = 11) int anyBlock,
      @ForAll @IntRange(max = 30) int hoursLater,
      @ForAll @IntRange(min = 1, max = 60) int sequence,
      @ForAll @IntRange(min = 1, max = 14) int limit) {
    var block = anyBlock % gaps.size();
    var chain = SampleChain.of(gaps);
    var mark = chain.mark(block);
    var hour = mark.archivedAt().plus(Duration.ofHours(hoursLater));
    var name =
        new BlockKey(SampleChain.TENANT, hour, sequence, mark.archivedAt().plusMillis(1)).text();
    chain.objects.put(name, chain.objects.get(mark.key()));
    assertThat(chain.faults(limit)).anyMatch(fault -> name.equals(fault.key()));
  }

  @Property
  void aTailThatWasCutOffIsMissedEvenWhenTheTableWasSetBack(
      @ForAll("gaps") List<Integer> gaps,
      @ForAll @IntRange(max = 11) int anyCut,
      @ForAll boolean tableToo,
      @ForAll @IntRange(min = 1, max = 14) int limit) {
    var cut = 1 + anyCut % gaps.size();
    var chain = SampleChain.of(gaps);
    var left = gaps.size() - cut;
    chain.marks.subList(left, gaps.size()).forEach(mark -> chain.objects.remove(mark.key()));
    if (tableToo) {
      chain.table = new Standing(left == 0 ? null : chain.mark(left - 1), null, null);
    }
    assertThat(chain.faults(limit))
        .allMatch(fault -> fault.kind() == Kind.missing)
        .extracting(ChainFault::sequence)
        .containsExactlyElementsOf(LongStream.rangeClosed(left + 1, gaps.size()).boxed().toList());
  }

  @Property
  void aPastThatWasWrittenAnewIsFoundFromItsFirstBlockOn(
      @ForAll("gaps") List<Integer> gaps,
      @ForAll @IntRange(max = 11) int anyBlock,
      @ForAll @IntRange(max = 3) int further,
      @ForAll @IntRange(min = 1, max = 18) int limit) {
    var from = anyBlock % gaps.size();
    var chain = SampleChain.of(gaps);
    var honest = List.copyOf(chain.marks.subList(from, gaps.size()));
    var sealed = Map.copyOf(chain.heads);
    honest.forEach(mark -> chain.objects.remove(mark.key()));
    chain.table = new Standing(from == 0 ? null : chain.mark(from - 1), null, null);
    var last = honest.getLast().archivedAt();
    honest.forEach(mark -> chain.append(mark.archivedAt(), 1));
    for (int i = 0; i < further; i++) {
      chain.append(last, 1);
    }
    // The forged heads stand beside the locked ones, which cannot be removed.
    chain.heads.putAll(sealed);
    assertThat(chain.faults(limit))
        .isNotEmpty()
        .first()
        .matches(fault -> fault.sequence() == from + 1);
  }

  @Property
  void onlyABeginningThatTheLifecycleRemovedMayBeMissing(
      @ForAll("gaps") List<Integer> gaps,
      @ForAll @IntRange(max = 11) int anyBlock,
      @ForAll @IntRange(min = 1, max = 14) int limit) {
    Assume.that(gaps.size() > 1);
    var removed = 1 + anyBlock % (gaps.size() - 1);
    var chain = SampleChain.of(gaps);
    chain.marks.subList(0, removed).forEach(mark -> chain.objects.remove(mark.key()));
    var lastRemoved = chain.mark(removed - 1).archivedAt();
    assertThat(chain.faults(limit, lastRemoved.plus(Duration.ofHours(1)))).isEmpty();
    assertThat(chain.faults(limit, lastRemoved.minus(Duration.ofHours(1))))
        .extracting(ChainFault::sequence)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, removed).boxed().toList());
  }
}
