package io.outpost.worker;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * Resolves hosts. Distinguishes a host that does not exist from a name server that does not answer;
 * Java's exceptions differ only in their messages (those of the C library's getaddrinfo).
 * Thread-safe.
 */
@Profile({"worker", "local"})
@Component
class HostNames {

  private static final String UNKNOWN = "not known";
  private static final String NO_ADDRESS = "No address associated";

  /**
   * Remembers missing hosts, because Java caches failed look-ups for ten seconds without their
   * reason.
   */
  private final Cache<String, Boolean> missing =
      Caffeine.newBuilder().expireAfterWrite(Duration.ofSeconds(10)).maximumSize(10_000).build();

  private final Lookup lookup;

  /** Asks a name server, or parses a literal address. */
  interface Lookup {
    InetAddress[] all(String host) throws UnknownHostException;
  }

  @Autowired
  HostNames() {
    this(InetAddress::getAllByName);
  }

  HostNames(Lookup lookup) {
    this.lookup = lookup;
  }

  /**
   * The addresses of a host.
   *
   * @throws UnknownHostException when the host does not exist
   * @throws NoNameServer when no name server answers
   */
  InetAddress[] find(String host) throws UnknownHostException, NoNameServer {
    try {
      return lookup.all(host);
    } catch (UnknownHostException e) {
      var said = String.valueOf(e.getMessage());
      // Names with this ending never exist (RFC 6761).
      if (said.contains(UNKNOWN) || said.contains(NO_ADDRESS) || host.endsWith(".invalid")) {
        missing.put(host, true);
      }
      if (missing.getIfPresent(host) != null) {
        throw e;
      }
      throw new NoNameServer(host);
    }
  }
}
