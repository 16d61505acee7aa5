package io.outpost.worker.agent;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A seccomp filter for agents. It refuses the kernel's keyrings, as Docker's own profile does,
 * because their keys outlive the processes of a user and can be made inaccessible even to those who
 * would clear them. And it makes PR_SET_DUMPABLE 0, which ssh-agent calls to hide its open files,
 * succeed without effect, because hidden files would not count towards the disk limit. Perl, which
 * is part of every Debian and Ubuntu, sets the filter; most systems have no other tool for that.
 */
final class CallFilter {

  private static final Logger LOG = LoggerFactory.getLogger(CallFilter.class);

  /** The number of prctl in the 32-bit instruction sets. */
  static final int PRCTL_32 = 172;

  /**
   * The values that differ between processors, as a line of Perl.
   *
   * @param audit number of the instruction set
   * @param prctl number of that call
   * @param addKey number of the first of the three calls, which follow each other
   * @param addKey32 the same in the processor's 32-bit instruction set
   */
  record Processor(long audit, int prctl, int addKey, int addKey32) {

    /** By Java's name of the processor. */
    static Optional<Processor> of(String name) {
      return Optional.ofNullable(
          switch (name) {
            case "amd64" -> new Processor(0xC000003EL, 157, 248, 286);
            case "aarch64" -> new Processor(0xC00000B7L, 167, 217, 309);
            default -> null;
          });
    }

    /** The filter, of struct sock_filter; jumps count instructions from the next one. */
    String filter() {
      return Stream.of(
              "32,0,0,4", // load the instruction set
              "21,4,0," + audit, // the usual one: continue where its number is loaded
              "32,0,0,0", // another one: load the number of the call
              "21,8,0," + PRCTL_32, // prctl: check its arguments
              "20,0,0," + (addKey32 - addKey), // map to the number of the usual one
              "5,0,0,3", // skip three
              "32,0,0,0", // load the number of the call
              "84,0,0," + 0xBFFFFFFFL, // without the mark of x32
              "21,3,0," + prctl, // prctl: look at what it wants
              "53,0,7," + addKey, // lower: allow
              "37,6,0," + (addKey + 2), // higher: allow
              "6,0,0," + 0x00050001L, // refuse with EPERM
              "32,0,0,16", // load prctl's option
              "21,0,3,4", // other than PR_SET_DUMPABLE: allow
              "32,0,0,24", // load its value
              "21,0,1,0", // other than 0, to hide: allow
              "6,0,0," + 0x00050000L, // succeed without effect
              "6,0,0," + 0x7FFF0000L) // allow
          .collect(Collectors.joining(","));
    }

    /**
     * Sets no-new-privileges, which a filter requires, then the filter, then runs the rest of the
     * chain.
     */
    String refusing() {
      return """
      my $filter = pack('(SCCL)*', %2$s);
      syscall(%1$d, 38, 1, 0, 0, 0) == 0
        and syscall(%1$d, 22, 2, pack('Sx6P', length($filter) / 8, $filter), 0, 0) == 0
        or die qq(No seccomp filter: $!\\n);
      exec {$ARGV[0]} @ARGV or die qq($ARGV[0]: $!\\n);
      """
          .formatted(prctl, filter());
    }
  }

  private CallFilter() {}

  /**
   * A link of the launch chain that sets the filter for the rest; empty when that is impossible.
   */
  static List<String> link(Limits tools) {
    Optional<Path> perl = tools.find("perl");
    Optional<Processor> processor = Processor.of(System.getProperty("os.arch"));
    if (perl.isEmpty() || processor.isEmpty()) {
      if (Files.isReadable(Path.of("/proc/keys"))) {
        LOG.warn(
            "Keys that agents put into kernel keyrings may outlive their jobs: install perl, or run the"
                + " worker in a container whose seccomp profile forbids keyctl");
      }
      return List.of();
    }
    List<String> link = perl(perl.get(), processor.get().refusing());
    List<String> tried = new ArrayList<>(link);
    tried.add("/bin/true");
    Tool works = Tool.run(tried);
    if (works.succeeded()) {
      return link;
    }
    LOG.warn(
        "Keys that agents put into kernel keyrings may outlive their jobs: {}", works.output());
    return List.of();
  }

  private static List<String> perl(Path perl, String script) {
    return List.of(perl.toString(), "-e", script, "--");
  }
}
