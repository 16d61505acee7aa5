package io.outpost.routes;

import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/** The routes have faults; the message has one line for each finding. */
public final class RoutesRefused extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final transient List<Finding> findings;

  RoutesRefused(Collection<Finding> findings) {
    super(
        findings.stream()
            .sorted()
            .distinct()
            .map(Finding::toString)
            .collect(Collectors.joining(System.lineSeparator())));
    this.findings = findings.stream().sorted().distinct().toList();
  }

  /** The findings. */
  public List<Finding> findings() {
    return findings;
  }

  /** Throws this exception when there is a finding. */
  static void unlessEmpty(Collection<Finding> findings) {
    if (!findings.isEmpty()) {
      throw new RoutesRefused(findings);
    }
  }
}
