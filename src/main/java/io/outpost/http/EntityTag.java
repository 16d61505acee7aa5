package io.outpost.http;

import java.util.Arrays;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.springframework.stereotype.Component;

/**
 * Entity tags (RFC 9110, section 8.8.3): a hash of the representation, so that it changes whenever
 * that does. Stateless.
 */
@Component("entityTag")
public class EntityTag {

  private static final int DIGITS = 32;

  /** The tag of a representation. */
  public static String of(byte[] representation) {
    return "\"" + ResponseCipher.hash(representation).substring(0, DIGITS) + "\"";
  }

  /** Whether a tag is one of a list such as If-Match, compared strongly. */
  public static boolean isIn(String list, String tag) {
    return list.strip().equals("*")
        || Arrays.stream(list.split(",", -1)).map(String::strip).anyMatch(tag::equals);
  }

  /** Whether the caller of a GET has the representation already, compared weakly. */
  static boolean isKnown(Call call, String tag) {
    return call.method().equals("GET")
        && call.header("If-None-Match")
            .map(list -> list.replace("W/", ""))
            .filter(list -> isIn(list, tag))
            .isPresent();
  }

  /** Tags the answer, and leaves its body out when the caller of a GET has it already. */
  public void add(Exchange exchange, @ExchangeProperty(Call.NAME) Call call) {
    var message = exchange.getMessage();
    var tag = of(message.getBody(byte[].class));
    message.setHeader("ETag", tag);
    if (isKnown(call, tag)) {
      message.setHeader(Exchange.HTTP_RESPONSE_CODE, 304);
      message.setBody(null);
    }
  }
}
