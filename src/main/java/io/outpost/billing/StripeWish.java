package io.outpost.billing;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.stripe.net.FormEncoder;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Parses a call to Stripe as written in a route. Stateless. */
final class StripeWish {

  private static final Pattern PATH = Pattern.compile("/v[12]/[A-Za-z0-9_/-]{1,300}");
  private static final ObjectMapper JSON = new ObjectMapper();

  private StripeWish() {}

  static Map<?, ?> parse(String text) {
    try {
      return JSON.readValue(text, Map.class);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(
          "call-stripe requires a map or JSON with method, path and params: "
              + e.getOriginalMessage(),
          e);
    }
  }

  static StripeCall call(Map<?, ?> wish, String unique) {
    var method = text(wish, "method", "GET").toUpperCase(Locale.ROOT);
    var path = text(wish, "path", "");
    if (!PATH.matcher(path).matches()) {
      throw new IllegalArgumentException("call-stripe requires a path such as /v1/customers");
    }
    var params = params(wish.get("params"));
    return switch (method) {
      case "GET" -> StripeCall.get(path, params);
      case "DELETE" -> StripeCall.delete(path, params);
      case "POST" -> StripeCall.post(path, params, "outpost-own-" + text(wish, "key", unique));
      default ->
          throw new IllegalArgumentException("call-stripe knows GET, POST and DELETE: " + method);
    };
  }

  @SuppressWarnings("unchecked") // All names in JSON are strings.
  private static @Nullable String params(@Nullable Object params) {
    return params instanceof Map<?, ?> map && !map.isEmpty()
        ? FormEncoder.createQueryString((Map<String, Object>) map)
        : null;
  }

  private static String text(Map<?, ?> wish, String name, String otherwise) {
    return wish.get(name) == null ? otherwise : String.valueOf(wish.get(name));
  }
}
