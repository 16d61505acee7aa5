package io.outpost.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;

/** ListSecrets: by name, in pages. The token for the next page is the last name of this one. */
record SecretListing(SecretStore store) {

  private static final int LARGEST_PAGE = 100;

  ObjectNode page(SecretRequest in) {
    int size = in.body().path("MaxResults").asInt(LARGEST_PAGE);
    if (size < 1 || size > LARGEST_PAGE) {
      throw AwsError.invalid("MaxResults is 1 to 100.");
    }
    ObjectNode answer = SecretAnswers.empty();
    ArrayNode page = answer.putArray("SecretList");
    String last = null;
    Iterator<Secret> secrets =
        store.after(in.text("NextToken", "")).stream().filter(s -> matches(s, in)).iterator();
    while (secrets.hasNext() && page.size() < size) {
      Secret secret = secrets.next();
      page.add(SecretAnswers.entry(secret));
      last = secret.name();
    }
    return secrets.hasNext() ? answer.put("NextToken", last) : answer;
  }

  private static boolean matches(Secret secret, SecretRequest in) {
    boolean deletedToo = in.body().path("IncludePlannedDeletion").asBoolean(false);
    for (JsonNode filter : in.body().path("Filters")) {
      if (!filter.path("Key").asText().equals("name")) {
        throw AwsError.invalid("Only the filter `name` is emulated.");
      }
      if (!anyPrefix(secret.name(), filter.path("Values"))) {
        return false;
      }
    }
    return deletedToo || secret.purge() == null;
  }

  private static boolean anyPrefix(String name, JsonNode values) {
    for (JsonNode value : values) {
      String prefix = value.asText();
      boolean excluded = prefix.startsWith("!");
      if (name.startsWith(excluded ? prefix.substring(1) : prefix) != excluded) {
        return true;
      }
    }
    return false;
  }
}
