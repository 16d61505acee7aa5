package io.outpost.worker.agent;

import io.outpost.agents.SearchPath;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A seccomp filter for agents. It refuses the kernel's keyrings, as Docker's own profile does:
 * their keys outlive the processes of a user and can be made inaccessible even to the process that
 * would clear them. And it makes PR_SET_DUMPABLE 0, which ssh-agent calls to hide its open files,
 * succeed without effect, because hidden files would not count towards the disk limit. Perl sets
 * the filter: every Debian and Ubuntu has it, while most systems have no other tool for that. Perl
 * runs before the switch to the agent's user, so tenants must not set variables by which Perl loads
 * code ({@link io.outpost.agents.ReservedNames}). Immutable.
 */
final class CallFilter {

  private static final Logger LOG = LoggerFactory.getLogger(CallFilter.class);

  /** The number of the system call prctl in the 32-bit instruction sets. */
  static final int PRCTL_32 = 172;

  /**
   * The values that differ between processors.
   *
   * @param audit number of the instruction set
   * @param prctl number of that call
   * @param addKey number of the first of the three keyring calls, which follow each other
   * @param addKey32 the same number in the processor's 32-bit instruction set
   * @param setsid number of that call
   * @param prlimit number of the call prlimit64
   */
  record Processor(long audit, int prctl, int addKey, int addKey32, int setsid, int prlimit) {

    /** The values for a processor, by Java's name of it. */
    static Optional<Processor> of(String name) {
      return Optional.ofNullable(
          switch (name) {
            case "amd64" -> new Processor(0xC000003EL, 157, 248, 286, 112, 302);
            case "aarch64" -> new Processor(0xC00000B7L, 167, 217, 309, 157, 261);
            default -> null;
          });
    }

    /** The filter as instructions of struct sock_filter. Jumps count from the next instruction. */
    String filter() {
      return Stream.of(
              "32,0,0,4", // load the instruction set
              "21,4,0," + audit, // the 64-bit one: continue at loading the number of the call
              "32,0,0,0", // the 32-bit one: load the number of the call
              "21,8,0," + PRCTL_32, // prctl: check its arguments
              "20,0,0," + (addKey32 - addKey), // map to the number in the 64-bit set
              "5,0,0,3", // skip three instructions
              "32,0,0,0", // load the number of the call
              "84,0,0," + 0xBFFFFFFFL, // without the bit that marks x32 calls
              "21,3,0," + prctl, // prctl: check its arguments
              "53,0,7," + addKey, // lower number: allow
              "37,6,0," + (addKey + 2), // higher number: allow
              "6,0,0," + 0x00050001L, // refuse with EPERM
              "32,0,0,16", // load prctl's option
              "21,0,3,4", // other than PR_SET_DUMPABLE: allow
              "32,0,0,24", // load its value
              "21,0,1,0", // a value other than 0 hides nothing: allow
              "6,0,0," + 0x00050000L, // succeed without effect
              "6,0,0," + 0x7FFF0000L) // allow
          .collect(Collectors.joining(","));
    }

    /**
     * A Perl script that begins a session, offers itself to the out-of-memory killer first, lowers
     * its priority, sets the umask, the limits, no-new-privileges (which a filter requires) and the
     * filter, and then runs the rest of the launch chain. One program does all this, because
     * starting a tool for each step costs milliseconds.
     *
     * @param limits the value of each limit, by the kernel's number of the limit
     */
    String launching(Map<Integer, Long> limits) {
      return """
      syscall(%3$d) >= 0 or die qq(No session: $!\\n);
      open(OOM, '>', '/proc/self/oom_score_adj') and print OOM 1000 and close OOM
        or die qq(No oom_score_adj: $!\\n);
      setpriority(0, 0, getpriority(0, 0) + 10) or die qq(No priority: $!\\n);
      umask 077;
      my %%limits = (%5$s);
      syscall(%4$d, 0, $_ + 0, pack('Q2', ($limits{$_}) x 2), 0) == 0
        or die qq(No limit $_: $!\\n) for keys %%limits;
      my $filter = pack('(SCCL)*', %2$s);
      syscall(%1$d, 38, 1, 0, 0, 0) == 0
        and syscall(%1$d, 22, 2, pack('Sx6P', length($filter) / 8, $filter), 0, 0) == 0
        or die qq(No seccomp filter: $!\\n);
      exec {$ARGV[0]} @ARGV or die qq($ARGV[0]: $!\\n);
      """
          .formatted(prctl, filter(), setsid, prlimit, numbers(limits));
    }

    private static String numbers(Map<Integer, Long> limits) {
      return limits.entrySet().stream()
          .map(limit -> limit.getKey() + "," + limit.getValue())
          .collect(Collectors.joining(","));
    }
  }

  private final Path perl;
  private final Processor processor;

  private CallFilter(Path perl, Processor processor) {
    this.perl = perl;
    this.processor = processor;
  }

  /** The filter that works on this machine; empty when none does. */
  static Optional<CallFilter> find(SearchPath tools) {
    Optional<Path> perl = tools.find("perl");
    Optional<Processor> processor = Processor.of(System.getProperty("os.arch"));
    if (perl.isEmpty() || processor.isEmpty()) {
      if (Files.isReadable(Path.of("/proc/keys"))) {
        LOG.warn(
            "Keys that agents put into kernel keyrings may outlive their jobs: install perl, or run the"
                + " worker in a container whose seccomp profile forbids keyctl");
      }
      return Optional.empty();
    }
    CallFilter filter = new CallFilter(perl.get(), processor.get());
    List<String> tried = new ArrayList<>(filter.link(Map.of()));
    tried.add("/bin/true");
    Tool works = Tool.run(tried);
    if (works.succeeded()) {
      return Optional.of(filter);
    }
    LOG.warn(
        "Keys that agents put into kernel keyrings may outlive their jobs: {}", works.output());
    return Optional.empty();
  }

  /**
   * The first link of the launch chain, which sets limits and the filter for the rest.
   *
   * @param limits the value of each limit, by the kernel's number of the limit
   */
  List<String> link(Map<Integer, Long> limits) {
    return List.of(perl.toString(), "-e", processor.launching(limits), "--");
  }
}
