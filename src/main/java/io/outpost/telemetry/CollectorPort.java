package io.outpost.telemetry;

import io.outpost.kernel.AgentUsers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.env.Environment;

/**
 * Checks before each export which user listens at the collector's port. Agents share the worker's
 * network, so one of them could listen in the collector's place and get data of all tenants. When
 * the kernel's tables of sockets cannot be read, nothing is exported. Thread-safe.
 */
final class CollectorPort {

  private static final Logger LOG = LoggerFactory.getLogger(CollectorPort.class);
  private static final Path TABLES = Path.of("/proc/net");
  private static final String LISTENS = "0A";

  /** A row of such a table. The groups are: own address, own port, state, user. */
  private static final Pattern ROW =
      Pattern.compile(
          "^ *+\\d++: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) [0-9A-F]++:[0-9A-F]{4} ([0-9A-F]{2})"
              + " [0-9A-F]{8}:[0-9A-F]{8} [0-9A-F]{2}:[0-9A-F]{8} [0-9A-F]{8} ++(\\d{1,10}) .*+");

  private final String endpoint;
  private final boolean shared;
  private final AgentUsers agents;
  private final Path tables;
  private final AtomicReference<String> told = new AtomicReference<>("");

  /**
   * @param shared whether agents run as other users in the same network
   */
  CollectorPort(String endpoint, boolean shared, AgentUsers agents, Path tables) {
    this.endpoint = endpoint;
    this.shared = shared;
    this.agents = agents;
    this.tables = tables;
  }

  /** The check for this process. Only a worker that is root runs agents as other users. */
  static CollectorPort of(String endpoint, Environment environment) {
    var shared = !endpoint.isEmpty() && environment.matchesProfiles("worker", "local") && isRoot();
    var first =
        shared
            ? environment.getRequiredProperty("outpost.worker.agents.first-user", Integer.class)
            : 0;
    return new CollectorPort(endpoint, shared, new AgentUsers(first), TABLES);
  }

  private static boolean isRoot() {
    try {
      return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /** Whether agents could listen at the port. */
  boolean isShared() {
    return shared;
  }

  /** Whether an export would reach no agent now. Logs each change once. */
  boolean isSafe() {
    var fault = shared ? fault() : "";
    if (!told.getAndSet(fault).equals(fault)) {
      if (fault.isEmpty()) {
        LOG.info("The collector is sent something again");
      } else {
        LOG.warn("Nothing is sent to the collector: {}", fault);
      }
    }
    return fault.isEmpty();
  }

  private String fault() {
    try {
      var address = URI.create(endpoint);
      var host = address.getHost();
      if (host == null) {
        return "its address names no host";
      }
      var here = here(host);
      if (here.isEmpty()) {
        return "";
      }
      var sockets = new ArrayList<Socket>();
      var port = port(address);
      sockets.addAll(read("tcp", port, here));
      sockets.addAll(read("tcp6", port, here));
      // Accepted connections count too: the agent may have stopped listening since. A socket that
      // listens at all addresses is harmless while another user's socket listens at exactly this
      // address, because the latter gets the connections.
      var held = here.stream().allMatch(each -> isHeld(each, sockets));
      if (sockets.stream()
          .filter(socket -> agents.has(socket.user()))
          .anyMatch(socket -> !(held && socket.listensEverywhere()))) {
        return "an agent's process has its port";
      }
      return sockets.stream().anyMatch(Socket::listens) ? "" : "nobody listens at its port";
    } catch (IOException | RuntimeException e) {
      return "who listens at its port cannot be read (" + e.getClass().getSimpleName() + ")";
    }
  }

  private boolean isHeld(InetAddress address, List<Socket> sockets) {
    return sockets.stream()
        .filter(socket -> socket.listens() && !agents.has(socket.user()))
        .anyMatch(socket -> socket.address().equals(address));
  }

  /** Those addresses of a host that belong to this machine. */
  private static List<InetAddress> here(String host) throws IOException {
    var here = new ArrayList<InetAddress>();
    for (var address : InetAddress.getAllByName(host)) {
      if (address.isLoopbackAddress()
          || address.isAnyLocalAddress()
          || NetworkInterface.getByInetAddress(address) != null) {
        here.add(address);
      }
    }
    return here;
  }

  private static int port(URI address) {
    var usual = "https".equals(address.getScheme()) ? 443 : 80;
    return address.getPort() < 0 ? usual : address.getPort();
  }

  private record Socket(InetAddress address, boolean listens, long user) {

    boolean listensEverywhere() {
      return listens && address.isAnyLocalAddress();
    }

    /** Whether a connection to one of these addresses may reach this socket. */
    boolean isAt(List<InetAddress> addresses) {
      return address.isAnyLocalAddress()
          || addresses.contains(address)
          || addresses.stream().anyMatch(InetAddress::isAnyLocalAddress);
    }
  }

  /** The sockets at a port. Reads line by line, because an agent can make the table long. */
  private List<Socket> read(String table, int port, List<InetAddress> addresses)
      throws IOException {
    var here = ":" + HexFormat.of().withUpperCase().toHexDigits((short) port);
    var sockets = new ArrayList<Socket>();
    try (var lines = Files.newBufferedReader(tables.resolve(table))) {
      lines.readLine(); // the heading
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.contains(here + " ")) {
          var row = ROW.matcher(line);
          if (!row.matches()) {
            throw new IOException("A row is not as the kernel writes it");
          }
          var socket =
              new Socket(
                  address(row.group(1)),
                  row.group(3).equals(LISTENS),
                  Long.parseLong(row.group(4)));
          if (here.endsWith(row.group(2)) && socket.isAt(addresses)) {
            sockets.add(socket);
          }
        }
      }
    } catch (NoSuchFileException e) {
      if (table.equals("tcp")) {
        throw e;
      }
      // This machine has no IPv6.
    }
    return sockets;
  }

  /**
   * Converts the kernel's form of an address: words of four bytes, each in the machine's byte
   * order.
   */
  private static InetAddress address(String hex) throws IOException {
    var bytes = ByteBuffer.allocate(hex.length() / 2).order(ByteOrder.nativeOrder());
    for (int i = 0; i < hex.length(); i += 8) {
      bytes.putInt(HexFormat.fromHexDigits(hex, i, i + 8));
    }
    return InetAddress.getByAddress(bytes.array());
  }
}
