package io.outpost.http;

import io.outpost.kernel.Problem;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/**
 * Answers a GET with the part of its bytes that the client asks for (RFC 9110, section 14): one
 * range; with several, and where If-Range names another representation, it gets all. Stateless.
 */
@Component("byteRange")
public class ByteRange {

  private static final Pattern RANGE = Pattern.compile("bytes=([0-9]{0,15})-([0-9]{0,15})");

  /**
   * Tags the bytes of the message, and leaves the wanted ones.
   *
   * @throws Problem 416 when there are none
   */
  public void cut(Exchange exchange, @ExchangeProperty(Call.NAME) Call call) {
    var message = exchange.getMessage();
    var bytes = message.getBody(byte[].class);
    var tag = EntityTag.of(bytes);
    message.setHeader("ETag", tag);
    message.setHeader("Accept-Ranges", "bytes");
    var same =
        call.header("If-Range").map(condition -> EntityTag.isIn(condition, tag)).orElse(true);
    var range = call.header("Range").filter(given -> same).flatMap(g -> range(g, bytes.length));
    if (range.isPresent()) {
      var first = range.get()[0];
      var last = range.get()[1];
      message.setHeader(Exchange.HTTP_RESPONSE_CODE, 206);
      message.setHeader("Content-Range", "bytes %d-%d/%d".formatted(first, last, bytes.length));
      message.setBody(Arrays.copyOfRange(bytes, (int) first, (int) last + 1));
    }
  }

  /** First and last byte, both included; empty for what is no single range. */
  private static Optional<long[]> range(String given, int length) {
    var parts = RANGE.matcher(given.strip());
    if (!parts.matches() || parts.group(1).isEmpty() && parts.group(2).isEmpty()) {
      return Optional.empty();
    }
    long first;
    long last;
    if (parts.group(1).isEmpty()) {
      first = Math.max(0, length - Long.parseLong(parts.group(2)));
      last = length - 1L;
    } else {
      first = Long.parseLong(parts.group(1));
      last = parts.group(2).isEmpty() ? length - 1L : Long.parseLong(parts.group(2));
      if (last < first && !parts.group(2).isEmpty()) {
        return Optional.empty();
      }
      last = Math.min(last, length - 1L);
    }
    if (first >= length) {
      throw new Problem(
          Problem.Code.RANGE_NOT_SATISFIABLE,
          "There are %d bytes by now.".formatted(length),
          List.of(),
          Map.of("Content-Range", "bytes */" + length));
    }
    return Optional.of(new long[] {first, last});
  }
}
