package io.outpost.webhooks;

import io.outpost.kernel.Problem;
import io.outpost.kernel.PublicAddress;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;
import org.apache.hc.client5.http.DnsResolver;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.stereotype.Component;

/**
 * Checks where webhooks may be sent: to public addresses, by TLS. An address is checked when an
 * endpoint is created or changed, as far as possible without a name server, and again when
 * connecting: the resolver returns only checked addresses, and the connection uses one of those.
 * Thread-safe.
 */
@Component
@EnableConfigurationProperties(WebhookSettings.class)
class Destinations implements DnsResolver {

  private static final int LONGEST = 2048;
  private static final int MOST_ADDRESSES = 3;
  private static final int LOOKUPS_AT_ONCE = 1000;
  private static final Pattern V4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  private static final Pattern NUMBER = Pattern.compile("(0x[0-9a-f]*|[0-9]+)");
  private static final Pattern NAME =
      Pattern.compile("[a-z0-9_]([a-z0-9_-]{0,62})(\\.[a-z0-9_]([a-z0-9_-]{0,62})){0,126}");
  private static final String[] INSIDE = {
    "localhost", "local", "internal", "localdomain", "lan", "home", "intranet", "corp", "arpa"
  };

  /** Asks a name server, or parses a literal address. */
  interface Lookup {
    InetAddress[] all(String host) throws UnknownHostException;
  }

  private final WebhookSettings settings;
  private final Lookup lookup;
  private final ExecutorService lookups;
  private final Map<String, Future<InetAddress[]>> asked = new ConcurrentHashMap<>();

  @Autowired
  Destinations(WebhookSettings settings) {
    this(settings, InetAddress::getAllByName);
  }

  Destinations(WebhookSettings settings, Lookup lookup) {
    this.settings = settings;
    this.lookup = lookup;
    // Look-ups get threads of their own, because they cannot be interrupted and would block a
    // carrier thread.
    this.lookups =
        new ThreadPoolExecutor(
            0,
            LOOKUPS_AT_ONCE,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            Thread.ofPlatform().daemon().name("webhook-lookup-", 0).factory());
  }

  /** The address was refused; the message tells the tenant why. */
  static final class Refused extends UnknownHostException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  /**
   * Checks an endpoint's address as far as possible without a name server.
   *
   * @throws Problem 400 for an address to which webhooks are never sent
   */
  URI check(String url) {
    if (url.length() > LONGEST) {
      throw refusal("must have at most " + LONGEST + " characters");
    }
    try {
      var uri = new URI(url);
      checkForm(uri);
      checkHost(host(uri));
      return uri;
    } catch (URISyntaxException e) {
      throw refusal("must be a URL");
    }
  }

  private void checkForm(URI uri) {
    var scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    if (!scheme.equals("https") && !(settings.allowLoopback() && scheme.equals("http"))) {
      throw refusal("must begin with https://");
    }
    if (uri.getRawAuthority() == null) {
      throw refusal("must have a host");
    }
    if (uri.getRawAuthority().contains("@")) {
      throw refusal("must have no user name and password");
    }
    if (uri.getHost() == null) {
      throw refusal(
          "must have a host of letters, digits, hyphens and dots; write others in their xn-- form");
    }
    if (uri.getRawFragment() != null) {
      throw refusal("must have no fragment");
    }
    var port = uri.getPort();
    if (port != -1 && port != 443 && !settings.allowLoopback()) {
      throw refusal("must have the port 443, the only one that is allowed");
    }
  }

  private void checkHost(String host) {
    var isV6 = host.contains(":");
    if (isV6 || V4.matcher(host).matches()) {
      checkLiteral(host, isV6);
      return;
    }
    var labels = host.split("\\.", -1);
    var last = labels[labels.length - 1];
    if (NUMBER.matcher(last).matches() || !NAME.matcher(host).matches() || host.length() > 253) {
      throw refusal("must have a host name, or an address in its usual form");
    }
    var allowed = settings.allowLoopback() && last.equals("localhost");
    if (!allowed && (labels.length == 1 || Arrays.asList(INSIDE).contains(last))) {
      throw refusal("must be a host of the public Internet");
    }
  }

  private void checkLiteral(String host, boolean isV6) {
    if (host.contains("%") || (!isV6 && !hasUsualNumbers(host))) {
      throw refusal("must have a host name, or an address in its usual form");
    }
    try {
      if (!mayReach(InetAddress.getByName(isV6 ? "[" + host + "]" : host))) {
        throw refusal("must be a host of the public Internet");
      }
    } catch (UnknownHostException e) {
      throw refusal("must have a host name, or an address in its usual form");
    }
  }

  /**
   * Whether all numbers are at most 255 and have no leading zeros, which some programs read as
   * octal.
   */
  private static boolean hasUsualNumbers(String v4) {
    return Arrays.stream(v4.split("\\.", -1))
        .noneMatch(n -> Integer.parseInt(n) > 255 || (n.length() > 1 && n.startsWith("0")));
  }

  private static String host(URI uri) {
    var host = uri.getHost().toLowerCase(Locale.ROOT);
    if (host.startsWith("[")) {
      return host.substring(1, host.length() - 1);
    }
    return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
  }

  /** The addresses of a host, if all are public. The connection uses one of them. */
  @Override
  public InetAddress[] resolve(String host) throws UnknownHostException {
    var found = lookUp(host);
    for (var address : found) {
      if (!mayReach(address)) {
        throw new Refused("The host has an address that webhooks are not sent to.");
      }
    }
    return Arrays.copyOf(found, Math.min(found.length, MOST_ADDRESSES));
  }

  /** Looks up a host, once at a time, so that a slow name server blocks only one thread. */
  private InetAddress[] lookUp(String host) throws UnknownHostException {
    try {
      var answer = asked.compute(host, (h, old) -> old == null || old.isDone() ? ask(h) : old);
      var found = answer.get(settings.connectTimeout().toMillis(), TimeUnit.MILLISECONDS);
      asked.remove(host, answer);
      return found;
    } catch (ExecutionException e) {
      throw new Refused("The host has no address.");
    } catch (TimeoutException | RejectedExecutionException e) {
      throw new Refused("The host's name was not resolved in time.");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Refused("The lookup was interrupted.");
    }
  }

  private Future<InetAddress[]> ask(String host) {
    return lookups.submit(() -> lookup.all(host));
  }

  @Override
  public String resolveCanonicalHostname(String host) {
    return host;
  }

  private boolean mayReach(InetAddress address) {
    if (address.isLoopbackAddress()) {
      return settings.allowLoopback();
    }
    return PublicAddress.is(address) && !isOurs(address);
  }

  /** Whether an address is this machine's. Even a public one is then internal. */
  private static boolean isOurs(InetAddress address) {
    try {
      return NetworkInterface.getByInetAddress(address) != null;
    } catch (SocketException e) {
      return true;
    }
  }

  private static Problem refusal(String rule) {
    return Problem.invalid("url", rule);
  }
}
