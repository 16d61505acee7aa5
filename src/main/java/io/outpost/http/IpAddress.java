package io.outpost.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** An IP address in the forms that proxies write. Parsing never asks a name server. */
public final class IpAddress {

  private static final int LONGEST = 64;
  private static final Pattern V4 = Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  private static final Pattern V6 = Pattern.compile("[0-9a-f:]{2,39}|[0-9a-f:]{2,30}:[0-9.]{7,15}");
  private static final Pattern PORT = Pattern.compile("[0-9]{1,5}");

  private IpAddress() {}

  /**
   * The address alone, without port, brackets, quotes and zone; empty when the text is not an
   * address.
   */
  static Optional<String> of(String text) {
    var entry = text.strip().toLowerCase(Locale.ROOT);
    if (entry.length() > LONGEST) {
      return Optional.empty();
    }
    if (entry.length() > 1 && entry.startsWith("\"") && entry.endsWith("\"")) {
      entry = entry.substring(1, entry.length() - 1);
    }
    return literal(withoutZone(withoutPort(entry)));
  }

  /**
   * The part of an address by which callers are told apart: of an IPv6 address the first 64 bits,
   * because one caller owns all addresses with these bits.
   */
  public static String network(String address) {
    if (!address.contains(":")) {
      return address;
    }
    try {
      var bytes = InetAddress.getByName(address).getAddress();
      return HexFormat.of().formatHex(bytes, 0, Math.min(8, bytes.length));
    } catch (UnknownHostException e) {
      return address;
    }
  }

  private static String withoutPort(String entry) {
    if (entry.startsWith("[")) {
      var end = entry.indexOf(']');
      return end > 0 && isPort(entry.substring(end + 1)) ? entry.substring(1, end) : "";
    }
    var colon = entry.indexOf(':');
    return colon > 0 && colon == entry.lastIndexOf(':') && isPort(entry.substring(colon))
        ? entry.substring(0, colon)
        : entry;
  }

  private static boolean isPort(String rest) {
    return rest.isEmpty() || rest.startsWith(":") && PORT.matcher(rest.substring(1)).matches();
  }

  private static String withoutZone(String address) {
    var percent = address.indexOf('%');
    return percent < 0 ? address : address.substring(0, percent);
  }

  private static Optional<String> literal(String address) {
    var isV6 = address.contains(":");
    if (!(isV6 ? V6 : V4).matcher(address).matches()) {
      return Optional.empty();
    }
    try {
      // Asks no name server: text in brackets, or of four numbers, is not a host name.
      return Optional.of(
          InetAddress.getByName(isV6 ? "[" + address + "]" : address).getHostAddress());
    } catch (UnknownHostException e) {
      return Optional.empty();
    }
  }
}
