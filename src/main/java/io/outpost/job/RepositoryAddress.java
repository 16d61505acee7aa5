package io.outpost.job;

import io.outpost.kernel.Problem;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where a repository is: on the internet, reached by https, without credentials. What runs locally
 * may also have one on its own machine, by http.
 *
 * @param loopback whether that is so
 */
public record RepositoryAddress(URI uri, boolean loopback) {

  private static final String FIELD = "repository.url";
  private static final int LONGEST = 500;
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9.+:/\\[\\]_~@%-]{1,500}");

  /** Four numbers, or a name whose last part is none: other forms of numbers are addresses too. */
  private static final Pattern HOST =
      Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|([a-z0-9-]{1,63}\\.){0,9}[a-z][a-z0-9-]{0,62}");

  private static final Set<String> INSIDE = Set.of("local", "localhost", "internal");

  /**
   * Reads one.
   *
   * @param loopback whether this machine is allowed
   * @throws Problem 400 saying what is wrong
   */
  public static RepositoryAddress of(String url, boolean loopback) {
    if (url.length() > LONGEST || !FORM.matcher(url).matches()) {
      throw Problem.invalid(FIELD, "must be the https address of a repository");
    }
    try {
      var address = new RepositoryAddress(new URI(url), loopback);
      address.check();
      return address;
    } catch (URISyntaxException e) {
      throw Problem.invalid(FIELD, "must be the https address of a repository");
    }
  }

  private void check() {
    if (uri.getRawUserInfo() != null || uri.getRawAuthority() == null || uri.getHost() == null) {
      throw Problem.invalid(FIELD, "must have a host and no credentials: name a secret for them");
    }
    var host = host();
    if (!HOST.matcher(host).matches() || uri.getPath().length() < 2 || uri.getPort() == 0) {
      throw Problem.invalid(FIELD, "must be the https address of a repository");
    }
    var here = loopback && (host.equals("localhost") || host.startsWith("127."));
    var last = host.substring(host.lastIndexOf('.') + 1);
    if (!here && (INSIDE.contains(last) || (isNumber(last) && isInside(literal(host))))) {
      throw Problem.invalid(FIELD, "must be a host that the internet knows");
    }
    if (!uri.getScheme().equals("https") && !(here && uri.getScheme().equals("http"))) {
      throw Problem.invalid(FIELD, "must begin with https://");
    }
  }

  private String host() {
    return uri.getHost().toLowerCase(Locale.ROOT);
  }

  /** The protocols that git may use for it and its submodules. */
  public String protocols() {
    return loopback ? "http:https" : "https";
  }

  /**
   * What has curl connect to the address that was checked, whatever a name server says later.
   *
   * @throws UnknownHostException when there is none, or one inside
   */
  public String pin() throws UnknownHostException {
    var found = InetAddress.getAllByName(host());
    if (Stream.of(found).anyMatch(a -> isInside(a) && !(loopback && a.isLoopbackAddress()))) {
      throw new UnknownHostException(host());
    }
    var port = uri.getPort() > 0 ? uri.getPort() : uri.getScheme().equals("http") ? 80 : 443;
    var address = found[0].getHostAddress();
    return host() + ":" + port + ":" + (address.contains(":") ? "[" + address + "]" : address);
  }

  private static boolean isNumber(String part) {
    return part.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static InetAddress literal(String host) {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw Problem.invalid(FIELD, "must be a host that the internet knows");
    }
  }

  /** Whether an address is nobody's on the internet. */
  static boolean isInside(InetAddress address) {
    if (address.isAnyLocalAddress()
        || address.isLoopbackAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress()) {
      return true;
    }
    var bytes = address.getAddress();
    var first = bytes[0] & 0xff;
    var second = bytes[1] & 0xff;
    return address instanceof Inet4Address
        ? first == 0
            || first >= 240
            || (first == 100 && second >= 64 && second < 128)
            || (first == 192 && second == 0 && bytes[2] == 0)
            || (first == 198 && (second == 18 || second == 19))
        // Of IPv6 what is global, without the forms that hold an IPv4 address.
        : (first & 0xe0) != 0x20
            || (first == 0x20 && second == 0x02)
            || (first == 0x20 && second == 0x01 && bytes[2] == 0 && bytes[3] == 0);
  }
}
