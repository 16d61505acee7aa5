package io.outpost.worker;

import io.outpost.job.RepositoryAddress;
import io.outpost.kernel.Ids;
import io.outpost.kernel.Problem;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * An HTTP proxy on this machine for a program that does not check addresses itself. Its only
 * method, {@code CONNECT}, reaches the repository's host at the checked addresses, and other public
 * hosts on port 443. Clients need the password. Closing ends all connections.
 */
final class PublicTunnel implements AutoCloseable {

  private static final Pattern REQUEST =
      Pattern.compile("CONNECT ([A-Za-z0-9.-]{1,253}):([0-9]{1,5}) HTTP/1\\.1");
  private static final int LONGEST_HEAD = 8 * 1024;
  private static final int SILENCE = 10_000;
  private static final int HTTPS = 443;
  private static final int MOST = 64;
  private static final int MOST_ASKING = 256;
  private static final Duration LONGEST_ASKING = Duration.ofSeconds(10);
  private static final Duration PAUSE = Duration.ofMillis(50);

  private final ServerSocket server;

  /** Connections that have not sent the password yet, oldest first. */
  private final Queue<Socket> asking = new ConcurrentLinkedQueue<>();

  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final String password = Ids.unguessable();
  private final RepositoryAddress own;
  private final List<InetAddress> ownAddresses;
  private final HostNames hosts;

  PublicTunnel(RepositoryAddress own, List<InetAddress> ownAddresses, HostNames hosts)
      throws IOException {
    this.own = own;
    this.ownAddresses = ownAddresses;
    this.hosts = hosts;
    server = new ServerSocket(0, MOST, InetAddress.getLoopbackAddress());
    Thread.startVirtualThread(this::accept);
  }

  /** The proxy's address for the program. */
  String url() {
    return "http://outpost:%s@127.0.0.1:%d".formatted(password, server.getLocalPort());
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        var client = server.accept();
        asking.add(client);
        // Any agent can connect to this port. Connections that have not sent the password displace
        // each other, but never a connection that has.
        var oldest = asking.size() > MOST_ASKING ? asking.poll() : null;
        if (oldest != null) {
          closeQuietly(oldest);
        }
        Thread.startVirtualThread(() -> serve(client));
      } catch (IOException e) {
        // The tunnel is closed, or too many files are open at the moment.
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      client.setSoTimeout(SILENCE);
      var head = head(client.getInputStream()).lines().toList();
      if (head.stream().noneMatch(this::isPassword)) {
        answer(client, "407 Proxy Authentication Required");
        return;
      }
      open.add(client);
      asking.remove(client);
      if (open.size() > MOST) {
        answer(client, "503 Service Unavailable");
        return;
      }
      var there = connect(judged(head.getFirst()));
      if (there.isEmpty()) {
        answer(client, "403 Forbidden");
        return;
      }
      lead(client, there.get());
    } catch (IOException e) {
      // One side has disconnected, or the tunnel is closed.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      asking.remove(client);
      open.remove(client);
    }
  }

  private void lead(Socket client, Socket there) throws IOException, InterruptedException {
    open.add(there);
    try (there) {
      client.setSoTimeout(0);
      answer(client, "200 OK");
      var back = Thread.startVirtualThread(() -> copy(there, client));
      copy(client, there);
      back.join();
    } finally {
      open.remove(there);
    }
  }

  private boolean isPassword(String header) {
    var given = header.split(": ", 2);
    var user = ("outpost:" + password).getBytes(StandardCharsets.US_ASCII);
    return given[0].equalsIgnoreCase("Proxy-Authorization")
        && given[given.length - 1].equals("Basic " + Base64.getEncoder().encodeToString(user));
  }

  private static Optional<Socket> connect(List<InetSocketAddress> addresses) {
    for (var address : addresses) {
      var there = new Socket(Proxy.NO_PROXY);
      try {
        there.connect(address, SILENCE);
        return Optional.of(there);
      } catch (IOException e) {
        closeQuietly(there); // the next connection
      }
    }
    return Optional.empty();
  }

  /** The addresses that a request may connect to; empty: none. */
  List<InetSocketAddress> judged(String request) {
    var asked = REQUEST.matcher(request);
    if (!asked.matches()) {
      return List.of();
    }
    var host = asked.group(1);
    var port = Integer.parseInt(asked.group(2));
    if (host.equalsIgnoreCase(own.host()) && port == own.port()) {
      return ownAddresses.stream().map(address -> new InetSocketAddress(address, port)).toList();
    }
    if (port != HTTPS) {
      return List.of();
    }
    try {
      var other = RepositoryAddress.of("https://" + host + "/lfs", false);
      var found = hosts.find(other.host());
      var unused = other.pin(found); // refuses internal addresses
      return Stream.of(found).map(address -> new InetSocketAddress(address, port)).toList();
    } catch (Problem | IOException e) {
      return List.of();
    }
  }

  private static String head(InputStream from) throws IOException {
    var head = new ByteArrayOutputStream();
    var ends = 0;
    var end = System.nanoTime() + LONGEST_ASKING.toNanos();
    for (var next = from.read();
        next >= 0 && head.size() < LONGEST_HEAD && System.nanoTime() < end;
        next = from.read()) {
      head.write(next);
      ends = next == '\n' ? ends + 1 : next == '\r' ? ends : 0;
      if (ends == 2) {
        return head.toString(StandardCharsets.US_ASCII);
      }
    }
    throw new IOException("The request has no end");
  }

  private static void answer(Socket client, String status) throws IOException {
    var head = "HTTP/1.1 " + status + "\r\n\r\n";
    client.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
  }

  private static void copy(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException e) {
      closeQuietly(from);
      closeQuietly(to);
    }
  }

  private static void closeQuietly(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // The connection is no longer usable.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    asking.forEach(PublicTunnel::closeQuietly);
    open.forEach(PublicTunnel::closeQuietly);
  }
}
