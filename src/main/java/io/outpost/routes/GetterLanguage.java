package io.outpost.routes;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.Exchange;
import org.apache.camel.Expression;
import org.apache.camel.language.bean.BeanLanguage;
import org.springframework.stereotype.Component;

/**
 * A faster version of Camel's bean language, which also evaluates {@code
 * ${exchangeProperty.job.test}}: Camel would create an expression and a copy of the message for
 * each name at each call. This version calls the getters directly; anything else, and every
 * failure, is left to Camel. Thread-safe.
 */
@Component("bean-language")
class GetterLanguage extends BeanLanguage {

  /** Camel's properties of the language: none, the value, the names. */
  private static final int VALUE = 1;

  private static final int NAMES = 2;
  private static final int LENGTH = 3;

  private static final Pattern PLAIN = Pattern.compile("(?:\\.\\w+)++");

  private static final ClassValue<Map<String, Optional<Method>>> GETTERS =
      new ClassValue<>() {
        @Override
        protected Map<String, Optional<Method>> computeValue(Class<?> type) {
          return new ConcurrentHashMap<>();
        }
      };

  /** The parts of a path of names; empty when it is more than names. */
  private final Map<String, String[]> parts = new ConcurrentHashMap<>();

  @Override
  public Expression createExpression(String expression, Object[] properties) {
    if (expression == null
        && properties.length == LENGTH
        && properties[VALUE] != null
        && properties[NAMES] instanceof String names) {
      var found = find(properties[VALUE], parts.computeIfAbsent(names, GetterLanguage::parts));
      if (found.isPresent()) {
        return new Found(found.get());
      }
    }
    return super.createExpression(expression, properties);
  }

  private static String[] parts(String names) {
    return PLAIN.matcher(names).matches() ? names.substring(1).split("\\.", -1) : new String[0];
  }

  /** The value of a path; empty when Camel must evaluate it, also for null. */
  private static Optional<Object> find(Object value, String[] names) {
    var found = names.length == 0 ? Optional.empty() : Optional.of(value);
    for (var name : names) {
      found = found.flatMap(it -> get(it, name));
    }
    return found;
  }

  private static Optional<Object> get(Object value, String name) {
    var getter = GETTERS.get(value.getClass()).get(name);
    if (getter == null) {
      getter = getter(value.getClass(), name);
      GETTERS.get(value.getClass()).put(name, getter);
    }
    try {
      return getter.isEmpty() ? Optional.empty() : Optional.ofNullable(getter.get().invoke(value));
    } catch (ReflectiveOperationException e) {
      return Optional.empty(); // Camel reports the fault
    }
  }

  /** Chooses like Camel: a method of that name, otherwise {@code get…} or {@code is…}. */
  private static Optional<Method> getter(Class<?> type, String name) {
    if (!Modifier.isPublic(type.getModifiers()) || Map.class.isAssignableFrom(type)) {
      return Optional.empty();
    }
    var named = named(type, name);
    if (named.length == 0) {
      var rest = Character.toUpperCase(name.charAt(0)) + name.substring(1);
      named =
          Stream.of("get", "is")
              .flatMap(prefix -> Arrays.stream(named(type, prefix + rest)))
              .toArray(Method[]::new);
    }
    return named.length == 1 && isPlain(named[0]) ? Optional.of(named[0]) : Optional.empty();
  }

  private static Method[] named(Class<?> type, String name) {
    return Arrays.stream(type.getMethods())
        .filter(method -> method.getName().equals(name))
        .toArray(Method[]::new);
  }

  private static boolean isPlain(Method method) {
    return method.getParameterCount() == 0
        && !Modifier.isStatic(method.getModifiers())
        && Modifier.isPublic(method.getDeclaringClass().getModifiers())
        && method.getReturnType() != void.class
        && !CompletionStage.class.isAssignableFrom(method.getReturnType());
  }

  /** A value that is already known. */
  private record Found(Object value) implements Expression {
    @Override
    public <T> T evaluate(Exchange exchange, Class<T> type) {
      return type.isInstance(value)
          ? type.cast(value)
          : exchange.getContext().getTypeConverter().convertTo(type, exchange, value);
    }
  }
}
