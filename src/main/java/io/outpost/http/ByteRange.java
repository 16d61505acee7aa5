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
 * Answers a GET with the requested range of its bytes (RFC 9110, section 14). Only a single range
 * is supported; for several ranges, or when If-Range names another representation, the answer is
 * the whole body. Stateless.
 */
@Component("byteRange")
public class ByteRange {

  private static final int MOST_DIGITS = 18;
  private static final Pattern RANGE = Pattern.compile("bytes=([0-9]{0,100})-([0-9]{0,100})");

  /**
   * Sets the ETag of the body, and cuts the requested range.
   *
   * @throws Problem 416 when the range is outside the body
   */
  public void cut(Exchange exchange, @ExchangeProperty(Call.NAME) Call call) {
    var message = exchange.getMessage();
    var bytes = message.getBody(byte[].class);
    var tag = EntityTag.of(bytes);
    message.setHeader("ETag", tag);
    message.setHeader("Accept-Ranges", "bytes");
    if (EntityTag.isKnown(call, tag)) {
      message.setHeader(Exchange.HTTP_RESPONSE_CODE, 304);
      message.setBody(null);
      return;
    }
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

  /** First and last byte, both included; empty when the header is not a single range. */
  private static Optional<long[]> range(String given, int length) {
    var parts = RANGE.matcher(given.strip());
    if (!parts.matches() || parts.group(1).isEmpty() && parts.group(2).isEmpty()) {
      return Optional.empty();
    }
    long first;
    long last;
    if (parts.group(1).isEmpty()) {
      first = Math.max(0, length - number(parts.group(2)));
      last = length - 1L;
    } else {
      first = number(parts.group(1));
      last = parts.group(2).isEmpty() ? length - 1L : number(parts.group(2));
      if (last < first && !parts.group(2).isEmpty()) {
        return Optional.empty();
      }
      last = Math.min(last, length - 1L);
    }
    if (first >= length) {
      throw new Problem(
          Problem.Code.RANGE_NOT_SATISFIABLE,
          "The output has %d bytes so far.".formatted(length),
          List.of(),
          Map.of("Content-Range", "bytes */" + length));
    }
    return Optional.of(new long[] {first, last});
  }

  /** A number; one with more digits than any output's length counts as the largest number. */
  private static long number(String digits) {
    return digits.length() > MOST_DIGITS ? Long.MAX_VALUE : Long.parseLong(digits);
  }
}
