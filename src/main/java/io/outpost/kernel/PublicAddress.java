package io.outpost.kernel;

import java.net.Inet4Address;
import java.net.InetAddress;

/** Distinguishes public addresses from those in IANA's special-purpose registries. */
public final class PublicAddress {

  /** IPv4 networks in which no customer's host can be (RFC 6890 and multicast). */
  private static final Network[] INSIDE_V4 = {
    network("0.0.0.0", 8),
    network("10.0.0.0", 8),
    network("100.64.0.0", 10), // carrier-grade NAT
    network("127.0.0.0", 8),
    network("169.254.0.0", 16), // link-local, metadata
    network("172.16.0.0", 12),
    network("192.0.0.0", 24),
    network("192.0.2.0", 24),
    network("192.31.196.0", 24),
    network("192.52.193.0", 24),
    network("192.88.99.0", 24), // 6to4 relays
    network("192.168.0.0", 16),
    network("192.175.48.0", 24),
    network("198.18.0.0", 15),
    network("198.51.100.0", 24),
    network("203.0.113.0", 24),
    network("224.0.0.0", 3) // multicast and reserved
  };

  /** Global unicast: the only public part of IPv6, except for the ranges below. */
  private static final Network GLOBAL_V6 = network("2000::", 3);

  /** Ranges within global unicast that are not public. */
  private static final Network[] INSIDE_V6 = {
    network("2001::", 23), // Teredo, benchmarks, ORCHID
    network("2001:db8::", 32),
    network("2002::", 16), // 6to4, which contains an IPv4 address
    network("2620:4f:8000::", 48),
    network("3fff::", 20)
  };

  private PublicAddress() {}

  private record Network(byte[] prefix, int bits) {
    boolean holds(byte[] address) {
      if (address.length != prefix.length) {
        return false;
      }
      for (int bit = 0; bit < bits; bit++) {
        var mask = 0x80 >> (bit % 8);
        if ((address[bit / 8] & mask) != (prefix[bit / 8] & mask)) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * Whether an address is public. IPv4-mapped addresses need no rule: Java has already converted
   * them to IPv4.
   */
  public static boolean is(InetAddress address) {
    var bytes = address.getAddress();
    if (address instanceof Inet4Address) {
      return !anyHolds(INSIDE_V4, bytes);
    }
    return GLOBAL_V6.holds(bytes) && !anyHolds(INSIDE_V6, bytes);
  }

  private static boolean anyHolds(Network[] networks, byte[] address) {
    for (var network : networks) {
      if (network.holds(address)) {
        return true;
      }
    }
    return false;
  }

  private static Network network(String literal, int bits) {
    try {
      return new Network(InetAddress.getByName(literal).getAddress(), bits);
    } catch (java.net.UnknownHostException e) {
      throw new IllegalStateException(e);
    }
  }
}
