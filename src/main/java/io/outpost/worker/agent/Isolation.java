package io.outpost.worker.agent;

import io.outpost.agents.SearchPath;
import io.outpost.worker.agent.AgentRunSettings.SandboxUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Probes, once at start, which isolation works on this machine. */
final class Isolation {

  /** The fixed folders of system tools, regardless of the worker's own PATH. */
  static final SearchPath TOOLS =
      new SearchPath("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");

  private static final Logger LOG = LoggerFactory.getLogger(Isolation.class);
  private static final Path LOCKS = Path.of("/run/outpost");

  private final AgentRunSettings settings;
  private final Limits limits;

  Isolation(AgentRunSettings settings) {
    this.settings = settings;
    this.limits = new Limits(TOOLS, settings);
  }

  /**
   * The worker's slots, with the strictest confinement that works here.
   *
   * @param directory the folder for the directories of jobs
   */
  Slots slots(Path directory) throws IOException {
    Confinement confinement = choose();
    try {
      return Slots.in(directory, confinement, limits);
    } catch (IOException | RuntimeException e) {
      confinement.close();
      throw e;
    }
  }

  /**
   * The strictest confinement that works here.
   *
   * @throws IllegalStateException when the worker is root and cannot switch users for its agents
   */
  Confinement choose() throws IOException {
    Confinement chosen = isRoot() ? slotUsers() : new SameUser(limits, sandbox(List.of()));
    if (chosen instanceof SlotUsers) {
      LOG.info("Agents run as {}", chosen.description());
    } else {
      LOG.warn("Agents run as {}", chosen.description());
    }
    return chosen;
  }

  static boolean isRoot() throws IOException {
    Path self = Path.of("/proc/self");
    return Files.exists(self) && Integer.valueOf(0).equals(Files.getAttribute(self, "unix:uid"));
  }

  private SlotUsers slotUsers() throws IOException {
    Path setpriv =
        limits
            .find("setpriv")
            .orElseThrow(() -> refusal("setpriv (package util-linux) is not installed"));
    UserRange users = UserRange.take(settings.firstUser(), LOCKS);
    UserNames names = new UserNames(Path.of("/etc"), LOCKS);
    List<String> become =
        new SlotUsers(limits, users, names, setpriv, Optional.empty(), List.of()).become(-1);
    Tool status = Tool.run(concat(become, List.of("/bin/cat", "/proc/self/status")));
    String user = Integer.toString(users.of(-1));
    if (!status.succeeded() || !has(status, "Uid:", user) || !has(status, "Gid:", user)) {
      users.close();
      throw refusal("switching to user " + user + " failed: " + status.output().strip());
    }
    if (!has(status, "NoNewPrivs:", "1")
        || !has(status, "CapEff:", "0+")
        || !has(status, "Groups:", "")) {
      users.close();
      throw refusal("user " + user + " keeps privileges");
    }
    if (!has(status, "CapBnd:", "0+")) {
      LOG.warn("The capability bounding set of agents is not empty: the worker lacks CAP_SETPCAP");
    }
    Optional<Sandbox> sandbox = sandbox(become);
    return new SlotUsers(
        limits,
        users,
        names,
        setpriv,
        sandbox,
        sandbox.isPresent() ? List.of() : SharedFolders.find(TOOLS));
  }

  private Optional<Sandbox> sandbox(List<String> prefix) {
    if (settings.sandbox() == SandboxUse.OFF) {
      return Optional.empty();
    }
    return limits
        .find("bwrap")
        .map(Sandbox::new)
        .filter(
            box -> {
              Tool tried = Tool.run(concat(prefix, box.probe()));
              if (!tried.succeeded()) {
                LOG.info(
                    "bubblewrap is installed and does not work here: {}", tried.output().strip());
              }
              return tried.succeeded();
            });
  }

  private static boolean has(Tool status, String field, String value) {
    return status
        .output()
        .lines()
        .filter(line -> line.startsWith(field))
        .flatMap(line -> Stream.of(line.substring(field.length()).strip().split("\\s+")))
        .allMatch(part -> part.matches(value));
  }

  private static List<String> concat(List<String> first, List<String> second) {
    List<String> all = new ArrayList<>(first);
    all.addAll(second);
    return all;
  }

  private static IllegalStateException refusal(String reason) {
    return new IllegalStateException(
        "The worker is root and cannot run agents as other users ("
            + reason
            + "): start it as a normal user instead");
  }
}
