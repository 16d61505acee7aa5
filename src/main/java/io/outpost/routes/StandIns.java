package io.outpost.routes;

import io.outpost.kernel.Problem;
import java.lang.reflect.InvocationTargetException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.RuntimeCamelException;
import org.jspecify.annotations.Nullable;
import org.springframework.objenesis.SpringObjenesis;

/**
 * The stand-ins for Java steps and other systems while routes are tested. Each does what the test
 * says, or nothing, and records its input. Used by one thread.
 */
final class StandIns {

  private static final int MOST_CALLS = 1000;

  private final Map<String, Integer> turns = new HashMap<>();
  private final List<String> calls = new ArrayList<>();
  private final Map<String, Exchange> given = new HashMap<>();
  private Map<String, Object> answers = Map.of();

  /** Begins another test, with these results. */
  void begin(Map<String, Object> nowGiven) {
    answers = nowGiven;
    turns.clear();
    calls.clear();
    given.clear();
  }

  /** The ids of the called steps, in order; a Java value appears as {@code bean.method}. */
  List<String> calls() {
    return calls;
  }

  /** The latest message that a step received. */
  @Nullable Exchange given(String step) {
    return given.get(step);
  }

  /** Runs the stand-in of a step, which may set values, return a body, or fail. */
  void step(String id, String call, Exchange exchange) throws Exception {
    note(id, exchange);
    var answer = next(answers.containsKey(id) ? id : call);
    if (answer instanceof Map<?, ?> map && isSpecification(map)) {
      var what = Scenario.map(map);
      raise(what.get("throws"));
      Scenario.map(what.get("headers")).forEach(exchange.getMessage()::setHeader);
      Scenario.map(what.get("properties")).forEach(exchange::setProperty);
      Scenario.map(what.get("variables")).forEach(exchange::setVariable);
      if (what.containsKey("returns")) {
        exchange.getMessage().setBody(what.get("returns"));
      }
    } else if (answer != null) {
      exchange.getMessage().setBody(answer);
    }
  }

  /** Makes a step without a stand-in fail, if the test says so. */
  void fault(String id) throws Exception {
    if (answers.get(id) instanceof Map<?, ?> map) {
      raise(map.get("throws"));
    }
  }

  /** The result of a Java value; null unless the test gives one. */
  @Nullable Object value(String call, Exchange exchange) throws Exception {
    note(call, exchange);
    var answer = next(call);
    if (answer instanceof Map<?, ?> map && isSpecification(map)) {
      raise(map.get("throws"));
      Scenario.map(map.get("properties")).forEach(exchange::setProperty);
      return map.get("returns");
    }
    return answer;
  }

  private static boolean isSpecification(Map<?, ?> map) {
    return map.keySet().stream()
        .allMatch(
            key ->
                List.of("returns", "throws", "headers", "properties", "variables").contains(key));
  }

  private void note(String name, Exchange exchange) {
    if (calls.size() > MOST_CALLS) {
      throw new IllegalStateException(
          "the route does not end: " + name + " is called again and again");
    }
    calls.add(name);
    var copy = exchange.copy();
    copy.getVariables().putAll(exchange.getVariables());
    given.put(name, copy);
  }

  /**
   * The next result of a call. A list under {@code in-turn} has one for each call; the last one
   * repeats.
   */
  private @Nullable Object next(String name) {
    var answer = answers.get(name);
    if (answer instanceof Map<?, ?> map && map.get("in-turn") instanceof List<?> list) {
      var turn = turns.merge(name, 1, Integer::sum);
      return list.get(Math.min(turn, list.size()) - 1);
    }
    return answer;
  }

  /**
   * Throws what a test asks for: {@code throws: Name}, or {@code throws: {type: Name, message: …}},
   * both perhaps with fields.
   */
  private static void raise(@Nullable Object spec) throws Exception {
    if (spec == null) {
      return;
    }
    var what = spec instanceof Map<?, ?> map ? Scenario.map(map) : Map.of("type", spec);
    var fields = new LinkedHashMap<String, Object>(Scenario.map(what));
    var name = String.valueOf(fields.get("type"));
    var message = String.valueOf(fields.getOrDefault("message", "planted"));
    throw switch (name) {
      case "Problem" ->
          new Problem(
              Problem.Code.valueOf(String.valueOf(fields.getOrDefault("code", "INVALID_REQUEST"))),
              message);
      case "SdkException" ->
          software.amazon.awssdk.core.exception.SdkException.builder().message(message).build();
      default -> make(name, fields, message);
    };
  }

  /** Creates an exception. Refusals of Stripe are created by the class that throws them. */
  private static Exception make(String name, Map<String, Object> fields, String message)
      throws Exception {
    var type = Class.forName(name);
    try {
      var raise = type.getMethod("raise", int.class, String.class);
      raise.invoke(null, fields.getOrDefault("status", 400), fields.getOrDefault("answer", "{}"));
    } catch (NoSuchMethodException e) {
      // Classes without that method are created below.
    } catch (InvocationTargetException e) {
      return e.getCause() instanceof Exception cause ? cause : e;
    }
    try {
      return (Exception) type.getConstructor(String.class).newInstance(message);
    } catch (ReflectiveOperationException e) {
      return (Exception) new SpringObjenesis().newInstance(type);
    }
  }

  /**
   * Follows a path of names from a value, through maps and getters; null when a part is missing.
   */
  static @Nullable Object follow(@Nullable Object start, List<String> path) {
    var value = start;
    for (var name : path) {
      value = value == null ? null : step(value, name);
    }
    return value;
  }

  private static @Nullable Object step(Object value, String name) {
    if (value instanceof Map<?, ?> map && (map.containsKey(name) || !name.equals("size"))) {
      return map.get(name);
    }
    var capital = Character.toUpperCase(name.charAt(0)) + name.substring(1);
    for (var getter : List.of(name, "get" + capital, "is" + capital)) {
      try {
        var method = value.getClass().getMethod(getter);
        method.setAccessible(true);
        return method.invoke(value);
      } catch (NoSuchMethodException e) {
        // The getter may have another form of the name.
      } catch (ReflectiveOperationException | RuntimeException e) {
        throw new RuntimeCamelException(name + " cannot be read of " + value.getClass(), e);
      }
    }
    return null;
  }
}
