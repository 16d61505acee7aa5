package io.outpost.worker.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.outpost.worker.agent.CallFilter.Processor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Checks the filters of all processors on any machine: their numbers against the kernel's headers,
 * where installed, and their decisions by interpreting the instructions.
 */
class CallFilterTest {

  private static final Path HEADERS = Path.of("/usr/include");

  private static final long ALLOWED = 0x7FFF0000L;
  private static final long REFUSED = 0x00050001L;
  private static final long NOTHING_DONE = 0x00050000L;
  private static final int SET_DUMPABLE = 4;

  /** The kernel's number of the 32-bit instruction set: any other number. */
  private static final long OTHER = 0x40000003L;

  @Test
  void numbersOfX86AreTheKernels() throws IOException {
    var processor = Processor.of("amd64").orElseThrow();
    compare(processor, "x86_64-linux-gnu/asm/unistd_64.h");
    var of32 = "x86_64-linux-gnu/asm/unistd_32.h";
    assertThat(number(of32, "__NR_add_key")).isEqualTo(processor.addKey32());
    assertThat(number(of32, "__NR_prctl")).isEqualTo(CallFilter.PRCTL_32);
    assertThat(processor.audit()).isEqualTo(audit("EM_X86_64"));
  }

  /** The headers for 32 bits exist only on such processors. */
  @Test
  void numbersOfArmAreTheKernels() throws IOException {
    var processor = Processor.of("aarch64").orElseThrow();
    compare(processor, "asm-generic/unistd.h");
    assertThat(processor.audit()).isEqualTo(audit("EM_AARCH64"));
  }

  @ParameterizedTest
  @CsvSource({"amd64, 0", "aarch64, 63"})
  void keyringsAreRefusedHidingIsPretendedAndAllElseIsAllowed(String name, int read) {
    var here = Processor.of(name).orElseThrow();
    for (int call = 0; call < 500; call++) {
      var isKeyring = call >= here.addKey() && call <= here.addKey() + 2;
      assertThat(decide(here, here.audit(), call, 0, 0)).isEqualTo(isKeyring ? REFUSED : ALLOWED);
      var isKeyring32 = call >= here.addKey32() && call <= here.addKey32() + 2;
      assertThat(decide(here, OTHER, call, 0, 0)).isEqualTo(isKeyring32 ? REFUSED : ALLOWED);
    }
    assertThat(decide(here, here.audit(), read, SET_DUMPABLE, 0)).isEqualTo(ALLOWED);
    for (var prctl : new long[][] {{here.audit(), here.prctl()}, {OTHER, CallFilter.PRCTL_32}}) {
      var set = prctl[0];
      var call = (int) prctl[1];
      assertThat(decide(here, set, call, SET_DUMPABLE, 0)).isEqualTo(NOTHING_DONE);
      assertThat(decide(here, set, call, SET_DUMPABLE, 1)).isEqualTo(ALLOWED);
      assertThat(decide(here, set, call, 15, 0)).as("its name").isEqualTo(ALLOWED);
    }
  }

  @Test
  void anUnknownProcessorHasNone() {
    assertThat(Processor.of("riscv64")).isEmpty();
  }

  private static void compare(Processor processor, String header) throws IOException {
    assertThat(number(header, "__NR_prctl")).isEqualTo(processor.prctl());
    assertThat(number(header, "__NR_add_key")).isEqualTo(processor.addKey());
    assertThat(number(header, "__NR_request_key")).isEqualTo(processor.addKey() + 1);
    assertThat(number(header, "__NR_keyctl")).isEqualTo(processor.addKey() + 2);
    assertThat(number(header, "__NR_setsid")).isEqualTo(processor.setsid());
    assertThat(number(header, "__NR_prlimit64")).isEqualTo(processor.prlimit());
  }

  /** Of 64 bits, the lower byte first: both marks of linux/audit.h, and the machine. */
  private static long audit(String machine) throws IOException {
    return 0xC0000000L | number("linux/elf-em.h", machine);
  }

  private static int number(String header, String name) throws IOException {
    var file = HEADERS.resolve(header);
    assumeTrue(Files.exists(file), () -> "the kernel's headers are not installed: " + header);
    var defined =
        Pattern.compile("(?m)^#define\\s+" + name + "\\s+(\\d+)").matcher(Files.readString(file));
    assertThat(defined.find()).as(name + " in " + header).isTrue();
    return Integer.parseInt(defined.group(1));
  }

  /** Interprets the filter for a call, as the kernel does; returns its decision. */
  private static long decide(Processor processor, long set, int call, int first, int second) {
    var numbers = Arrays.stream(processor.filter().split(",")).mapToLong(Long::parseLong).toArray();
    long value = 0;
    for (int at = 0; ; at++) {
      var operand = numbers[4 * at + 3];
      var jumps = new long[] {numbers[4 * at + 1], numbers[4 * at + 2]};
      switch ((int) numbers[4 * at]) {
        case 32 ->
            value =
                switch ((int) operand) {
                  case 0 -> Integer.toUnsignedLong(call);
                  case 4 -> set;
                  case 16 -> first;
                  case 24 -> second;
                  default -> throw new IllegalStateException("reads " + operand);
                };
        case 84 -> value &= operand;
        case 20 -> value = (value - operand) & 0xFFFFFFFFL;
        case 5 -> at += (int) operand;
        case 21 -> at += (int) (value == operand ? jumps[0] : jumps[1]);
        case 37 -> at += (int) (value > operand ? jumps[0] : jumps[1]);
        case 53 -> at += (int) (value >= operand ? jumps[0] : jumps[1]);
        case 6 -> {
          return operand;
        }
        default -> throw new IllegalStateException("no instruction: " + numbers[4 * at]);
      }
    }
  }
}
