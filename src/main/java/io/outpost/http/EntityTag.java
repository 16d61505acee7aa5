package io.outpost.http;

import java.util.Arrays;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangeProperty;
import org.apache.camel.Message;
import org.springframework.stereotype.Component;

/**
 * Entity tags (RFC 9110, section 8.8.3). A tag is a hash of the representation, so it changes with
 * the content. Stateless.
 */
@Component("entityTag")
public class EntityTag {

  private static final int DIGITS = 32;

  /** The tag of a representation. */
  public static String of(byte[] representation) {
    return "\"" + ResponseCipher.hash(representation).substring(0, DIGITS) + "\"";
  }

  /** Whether a list of tags, such as If-Match, contains this tag, by strong comparison. */
  public static boolean isIn(String list, String tag) {
    return list.strip().equals("*")
        || Arrays.stream(list.split(",", -1)).map(String::strip).anyMatch(tag::equals);
  }

  /** Whether the caller of a GET already has the representation, by weak comparison. */
  static boolean isKnown(Call call, String tag) {
    return call.method().equals("GET")
        && call.header("If-None-Match")
            .map(list -> list.replace("W/", ""))
            .filter(list -> isIn(list, tag))
            .isPresent();
  }

  /**
   * Sets the ETag of the answer, and answers 304 when the caller of a GET already has the content.
   */
  public void add(Exchange exchange, @ExchangeProperty(Call.NAME) Call call) {
    var tag = tagOf(exchange.getMessage());
    show(exchange, call, tag, tag);
  }

  /** Sets a weak ETag, for answers that may be compressed; otherwise like {@link #add}. */
  public void addWeak(Exchange exchange, @ExchangeProperty(Call.NAME) Call call) {
    var tag = tagOf(exchange.getMessage());
    show(exchange, call, tag, "W/" + tag);
  }

  /**
   * The tag of the body. Reading consumes a stream, so the body is replaced by the bytes that were
   * read.
   */
  private static String tagOf(Message message) {
    var body = message.getBody(byte[].class);
    message.setBody(body);
    return of(body);
  }

  private static void show(Exchange exchange, Call call, String tag, String shown) {
    var message = exchange.getMessage();
    message.setHeader("ETag", shown);
    if (isKnown(call, tag)) {
      message.setHeader(Exchange.HTTP_RESPONSE_CODE, 304);
      message.setBody(null);
    }
  }
}
