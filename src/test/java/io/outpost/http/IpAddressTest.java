package io.outpost.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A client's address is read without port and other text, so that one client cannot look like many.
 */
class IpAddressTest {

  @ParameterizedTest
  @CsvSource({
    "203.0.113.7, 203.0.113.7",
    "203.0.113.7:40000, 203.0.113.7",
    "' 203.0.113.7 ', 203.0.113.7",
    "'\"203.0.113.7:1\"', 203.0.113.7",
    "[2001:db8::1]:40000, 2001:db8:0:0:0:0:0:1",
    "[2001:db8::1], 2001:db8:0:0:0:0:0:1",
    "2001:DB8::1, 2001:db8:0:0:0:0:0:1",
    "fe80::1%eth0, fe80:0:0:0:0:0:0:1",
    "::ffff:203.0.113.7, 203.0.113.7",
    "::1, 0:0:0:0:0:0:0:1"
  })
  void anAddressIsFoundHoweverItIsWritten(String written, String address) {
    assertThat(IpAddress.of(written)).contains(address);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "unknown",
        "_hidden",
        "localhost",
        "example.com",
        "1.2.3",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3.4:x",
        "1.2.3.4:123456",
        "[1.2.3.4",
        "[::1",
        "::1]",
        "[::1]x",
        ":::",
        "1:2",
        "12345::",
        "0x7f000001",
        "2130706433",
        "<script>",
        "a,b",
        "1.2.3.4 5",
        "op_live_0123456789abcdef"
      })
  void whatIsNoAddressIsNone(String written) {
    assertThat(IpAddress.of(written)).isEmpty();
  }

  @Test
  void nobodyVouchesForWhatStandsBeforeNonsense() {
    assertThat(ForwardedAddresses.clean(List.of("9.9.9.9, nonsense, 203.0.113.8:1", "10.0.0.1")))
        .isEqualTo("203.0.113.8, 10.0.0.1");
    assertThat(ForwardedAddresses.clean(List.of("9.9.9.9, nonsense"))).isEmpty();
    assertThat(ForwardedAddresses.clean(List.of(""))).isEmpty();
  }
}
