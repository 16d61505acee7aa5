package io.outpost.routes;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.Exchange;
import org.apache.camel.Expression;
import org.apache.camel.language.bean.BeanLanguage;
import org.apache.camel.language.bean.RuntimeBeanExpressionException;
import org.jspecify.annotations.Nullable;
import org.springframework.stereotype.Component;

/**
 * A faster version of Camel's bean language, which also evaluates {@code
 * ${exchangeProperty.job.test}}. For each name and call, Camel would create an expression and copy
 * the message. This version calls getters directly. At the first name that is no getter it leaves
 * the rest of the path to Camel, so nothing is called twice. Thread-safe.
 */
@Component("bean-language")
class GetterLanguage extends BeanLanguage {

  /**
   * The indexes of what Camel passes to the language: the first is unused, then the value, then the
   * names.
   */
  private static final int VALUE = 1;

  private static final int NAMES = 2;
  private static final int LENGTH = 3;

  private static final Pattern PLAIN = Pattern.compile("(?:\\.[a-z]\\w*)++");

  private static final ClassValue<Map<String, Optional<Method>>> GETTERS =
      new ClassValue<>() {
        @Override
        protected Map<String, Optional<Method>> computeValue(Class<?> type) {
          return new ConcurrentHashMap<>();
        }
      };

  /** The names in a path; empty when the path contains anything other than names. */
  private final Map<String, String[]> parts = new ConcurrentHashMap<>();

  @Override
  public Expression createExpression(String expression, Object[] properties) {
    if (expression == null
        && properties.length == LENGTH
        && properties[VALUE] != null
        && properties[NAMES] instanceof String names) {
      var path = parts.computeIfAbsent(names, GetterLanguage::parts);
      if (path.length > 0) {
        return new Getters(properties[VALUE], path);
      }
    }
    return super.createExpression(expression, properties);
  }

  private static String[] parts(String names) {
    return PLAIN.matcher(names).matches() ? names.substring(1).split("\\.", -1) : new String[0];
  }

  private static Optional<Method> find(Class<?> type, String name) {
    var known = GETTERS.get(type);
    var getter = known.get(name);
    if (getter == null) {
      getter = getter(type, name);
      known.put(name, getter);
    }
    return getter;
  }

  /**
   * Finds a getter by Camel's rules: a method with that name, otherwise {@code get…} or {@code
   * is…}. A method with that name takes precedence here; Camel's choice would depend on the order
   * in which the JVM lists methods.
   */
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
      if (named.length == 1
          && named[0].getName().startsWith("is")
          && named[0].getReturnType() != boolean.class) {
        return Optional.empty();
      }
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
        && !method.isSynthetic()
        && named(Object.class, method.getName()).length == 0
        && Modifier.isPublic(method.getDeclaringClass().getModifiers())
        && method.getReturnType() != void.class
        && !CompletionStage.class.isAssignableFrom(method.getReturnType());
  }

  /**
   * Calls the getters of a path, each once. Camel continues at the first name that is no getter.
   */
  private final class Getters implements Expression {

    private final Object start;
    private final String[] names;

    Getters(Object start, String[] names) {
      this.start = start;
      this.names = names;
    }

    @Override
    public <T> @Nullable T evaluate(Exchange exchange, Class<T> type) {
      Object value = start;
      for (int i = 0; i < names.length; i++) {
        if (value == null) {
          throw new RuntimeBeanExpressionException(
              exchange, null, names[i], "the value before it is null");
        }
        var getter = find(value.getClass(), names[i]);
        if (getter.isEmpty()) {
          return camels(value, i).evaluate(exchange, type);
        }
        try {
          value = getter.get().invoke(value);
        } catch (IllegalAccessException e) {
          return camels(value, i).evaluate(exchange, type); // no getter was called
        } catch (InvocationTargetException e) {
          throw new RuntimeBeanExpressionException(exchange, null, names[i], cause(exchange, e));
        }
      }
      return type.isInstance(value)
          ? type.cast(value)
          : exchange.getContext().getTypeConverter().convertTo(type, exchange, value);
    }

    /** Camel's expression for the names from this index on. */
    private Expression camels(Object value, int from) {
      var rest = "." + String.join(".", Arrays.asList(names).subList(from, names.length));
      var expression =
          GetterLanguage.super.createExpression(null, new Object[] {null, value, rest});
      expression.init(getCamelContext());
      return expression;
    }

    /**
     * The cause as an exception. An error is wrapped as Camel does it, because an exchange can only
     * hold exceptions.
     */
    private static Throwable cause(Exchange exchange, InvocationTargetException e) {
      return e.getCause() instanceof Exception failure
          ? failure
          : CamelExecutionException.wrapCamelExecutionException(exchange, e.getCause());
    }
  }
}
