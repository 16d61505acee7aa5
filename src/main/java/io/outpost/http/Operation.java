package io.outpost.http;

import com.networknt.schema.Schema;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An operation of the contract.
 *
 * @param id the operationId
 * @param method the HTTP method
 * @param path the path with its parameters in braces
 * @param anyOf scopes of which the caller needs one; null: open to everyone; empty: any key
 * @param parameters path, query and header parameters
 * @param body the schema of the JSON body; one without fields for a POST that has no body in the
 *     contract; null when the operation takes no body, or takes it raw
 * @param bodyRequired whether the body is required
 * @param bodyLimit how many bytes the body may have
 * @param idempotent whether the operation takes an Idempotency-Key
 * @param entriesApart whether the entries of the body's list are answered one by one, so that a
 *     faulty entry does not refuse the request
 */
public record Operation(
    String id,
    String method,
    String path,
    @Nullable Set<String> anyOf,
    List<Parameter> parameters,
    @Nullable Schema body,
    boolean bodyRequired,
    int bodyLimit,
    boolean idempotent,
    boolean entriesApart) {

  /**
   * A parameter with its schema.
   *
   * @param number whether the schema's type is integer
   * @param list whether the schema is an array, so that the parameter may be repeated
   */
  public record Parameter(
      String name,
      Place in,
      boolean required,
      boolean number,
      boolean list,
      @Nullable Object fallback,
      Schema schema) {

    /** Whether this is a path parameter. */
    public boolean inPath() {
      return in == Place.path;
    }
  }

  /** Where a parameter stands in a request. */
  public enum Place {
    path,
    query,
    header
  }

  /**
   * Scopes of which the caller needs one; empty: any key.
   *
   * @throws IllegalStateException when the operation is open to everyone
   */
  public Set<String> scopes() {
    if (anyOf == null) {
      throw new IllegalStateException(id + " is open to everyone");
    }
    return anyOf;
  }

  /** Whether a path as sent belongs to this operation. */
  boolean isAt(String sent) {
    int at = 0;
    int in = 0;
    while (true) {
      var end = endOfPart(path, at);
      var given = endOfPart(sent, in);
      var isSame = end - at == given - in && path.regionMatches(at, sent, in, end - at);
      if (path.startsWith("{", at) ? given == in : !isSame) {
        return false;
      }
      if (end == path.length() || given == sent.length()) {
        return end == path.length() && given == sent.length();
      }
      at = end + 1;
      in = given + 1;
    }
  }

  private static int endOfPart(String path, int from) {
    var slash = path.indexOf('/', from);
    return slash < 0 ? path.length() : slash;
  }

  /**
   * Whether the client chooses the value of this parameter freely, because the last segment of a
   * PUT names the resource to create.
   */
  boolean isNamedBy(Parameter parameter) {
    return method.equals("PUT") && path.endsWith("{" + parameter.name() + "}");
  }

  /** Whether everyone may call the operation without a key. */
  public boolean open() {
    return anyOf == null;
  }
}
