package io.outpost.job;

import io.outpost.kernel.Problem;
import io.outpost.kernel.PublicAddress;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The address of a repository on the Internet: https without credentials, or ssh. In the local
 * profile it may also be on this machine, by http.
 *
 * @param loopback whether addresses of this machine are allowed
 */
public record RepositoryAddress(URI uri, boolean loopback) {

  private static final String FIELD = "repository.url";
  private static final int LONGEST = 500;
  private static final Map<String, Integer> USUAL_PORTS = Map.of("http", 80, "ssh", 22);
  private static final Pattern FORM = Pattern.compile("[A-Za-z0-9.+:/\\[\\]_~@%-]{1,500}");

  /**
   * Only unambiguous hosts: four decimal numbers, or a name whose last part is not a number.
   * Programs read other forms of addresses differently.
   */
  private static final Pattern HOST =
      Pattern.compile(
          "(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}"
              + "|([a-z0-9-]{1,63}\\.){0,9}[a-z][a-z0-9-]{0,62}");

  /** User names that ssh and git cannot mistake for options. */
  private static final Pattern USER = Pattern.compile("[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}");

  private static final Pattern SHORT_FORM =
      Pattern.compile("^([A-Za-z0-9_][A-Za-z0-9_.-]{0,63}@[A-Za-z0-9.-]{1,253}):/?([^:/][^:]*)");

  private static final Set<String> INSIDE =
      Set.of("local", "internal", "localdomain", "lan", "home", "intranet", "corp", "arpa");

  /**
   * Parses an address.
   *
   * @param loopback whether addresses of this machine are allowed
   * @throws Problem 400 with the fault
   */
  public static RepositoryAddress of(String url, boolean loopback) {
    if (url.length() > LONGEST || !FORM.matcher(url).matches()) {
      throw Problem.invalid(
          FIELD,
          "must be the address of a repository: https://host/path, ssh://user@host/path or user@host:path");
    }
    try {
      var address = new RepositoryAddress(new URI(longForm(url)), loopback);
      address.check();
      return address;
    } catch (URISyntaxException e) {
      throw Problem.invalid(
          FIELD,
          "must be the address of a repository: https://host/path, ssh://user@host/path or user@host:path");
    }
  }

  /** Converts git's short form for ssh, {@code user@host:path}. */
  private static String longForm(String url) {
    var parts = SHORT_FORM.matcher(url);
    return parts.matches() ? "ssh://" + parts.group(1) + "/" + parts.group(2) : url;
  }

  private void check() {
    if (uri.getRawAuthority() == null || uri.getHost() == null) {
      throw Problem.invalid(FIELD, "must have a host");
    }
    var user = uri.getRawUserInfo();
    if (isSsh() ? user == null || !USER.matcher(user).matches() : user != null) {
      throw Problem.invalid(
          FIELD,
          isSsh()
              ? "must name a user, such as git, and no password"
              : "must have no credentials: name a secret for them");
    }
    var host = host();
    if (!HOST.matcher(host).matches() || uri.getPath().length() < 2 || uri.getPort() == 0) {
      throw Problem.invalid(
          FIELD,
          "must be the address of a repository: https://host/path, ssh://user@host/path or user@host:path");
    }
    var here = loopback && (host.equals("localhost") || host.startsWith("127."));
    if (!here && isInside(host)) {
      throw Problem.invalid(FIELD, "must be a public host name");
    }
    var isOpen = here && "http".equals(uri.getScheme());
    if (!"https".equals(uri.getScheme()) && !isSsh() && !isOpen) {
      throw Problem.invalid(FIELD, "must begin with https:// or ssh://");
    }
  }

  /** Whether the address uses ssh. */
  public boolean isSsh() {
    return "ssh".equals(uri.getScheme());
  }

  /** The host, in lower case. */
  public String host() {
    return uri.getHost().toLowerCase(Locale.ROOT);
  }

  /** The protocols that git may use for the repository and its submodules. */
  public String protocols() {
    return isSsh() ? "ssh" : loopback ? "http:https" : "https";
  }

  /** Scheme, host and port: the only address that git may connect to. */
  public String origin() {
    return uri.getScheme() + "://" + uri.getRawAuthority();
  }

  /**
   * A setting that makes curl connect only to the checked addresses, whatever a later look-up
   * returns.
   *
   * @param found the addresses of the host
   * @throws UnknownHostException when one of them is internal
   */
  public String pin(InetAddress... found) throws UnknownHostException {
    if (!Stream.of(found).allMatch(a -> loopback && a.isLoopbackAddress() || PublicAddress.is(a))) {
      throw new UnknownHostException(host());
    }
    return Stream.of(found)
        .map(InetAddress::getHostAddress)
        .map(address -> address.contains(":") ? "[" + address + "]" : address)
        .collect(Collectors.joining(",", host() + ":" + port() + ":", ""));
  }

  /** The port; by default that of the scheme. */
  public int port() {
    return uri.getPort() > 0 ? uri.getPort() : USUAL_PORTS.getOrDefault(uri.getScheme(), 443);
  }

  private static boolean isInside(String host) {
    var last = host.substring(host.lastIndexOf('.') + 1);
    return isNumber(last)
        ? !PublicAddress.is(literal(host))
        : last.equals(host) || INSIDE.contains(last);
  }

  private static boolean isNumber(String part) {
    return part.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static InetAddress literal(String host) {
    try {
      return InetAddress.getByName(host);
    } catch (UnknownHostException e) {
      throw Problem.invalid(FIELD, "must be a public host name");
    }
  }
}
