package io.outpost.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.language.bean.BeanExpression;
import org.apache.camel.support.DefaultExchange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Our reader of simple names gives the same values as Camel's, and reads plain names without Camel.
 */
class GetterLanguageTest {

  /** An object with every kind of getter that Camel can read. */
  public record Thing(
      String name, @Nullable Thing inner, Map<String, String> labels, boolean test) {

    public boolean isScheduled() {
      return true;
    }

    public String getTitle() {
      return "title of " + name;
    }

    public String twice() {
      return name + name;
    }

    public String twice(String other) {
      return name + other;
    }

    public Instant at() {
      return Instant.EPOCH;
    }

    public String broken() {
      throw new IllegalStateException("broken");
    }

    public Optional<String> maybe() {
      return Optional.of(name);
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** Counts the calls of its getter. */
  public static class Counting {

    public int calls;

    /** Returns another value with each call, first null. */
    public @Nullable String take() {
      return ++calls == 1 ? null : "x" + calls;
    }

    public String boom() {
      throw new IllegalStateException("call " + ++calls);
    }

    public String fail() {
      throw new AssertionError("call " + ++calls);
    }

    public Map<String, Integer> step() {
      return Map.of("calls", ++calls);
    }

    public Counting next() {
      calls++;
      return this;
    }

    public String getURL() {
      return "url " + ++calls;
    }

    public String getX() {
      return "x " + ++calls;
    }

    public String isWord() {
      return "word " + ++calls;
    }

    public Boolean isBoxed() {
      return ++calls > 0;
    }

    public boolean isReal() {
      return ++calls > 0;
    }

    public String both() {
      return "method " + ++calls;
    }

    public String getBoth() {
      return "getter " + ++calls;
    }

    public void nothing() {
      calls++;
    }

    public static String fixed() {
      return "fixed";
    }

    @Override
    public int hashCode() {
      return 7; // Camel keeps beans in maps
    }

    @Override
    public boolean equals(Object other) {
      return this == other;
    }

    @Override
    public String toString() {
      return "counting";
    }
  }

  private static final Thing THING =
      new Thing("outer", new Thing("inner", null, Map.of(), false), Map.of("a", "b"), true);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "thing.name",
        "thing.test",
        "thing.scheduled",
        "thing.title",
        "thing.getTitle",
        "thing.inner.name",
        "thing.inner.inner",
        "thing.inner.inner.name",
        "thing.inner?.inner?.name",
        "thing.labels",
        "thing.labels.a",
        "thing.labels[a]",
        "thing.labels.size",
        "thing.twice",
        "thing.at",
        "thing.at.epochSecond",
        "thing.name.length",
        "thing.name.toUpperCase()",
        "thing.broken",
        "thing.missing",
        "thing.class.name",
        "thing.maybe",
        "thing.maybe.get",
        "thing.maybe.get.length",
        "thing.Name",
        "thing.name.Length",
        "thing.labels.size.intValue",
        "nothing.name"
      })
  void namesMeanWhatTheyMeanToCamel(String names) throws Exception {
    try (var ours = new DefaultCamelContext();
        var camels = new DefaultCamelContext()) {
      ours.getRegistry().bind("bean-language", new GetterLanguage());
      for (var simple : new String[] {"${exchangeProperty." + names + "}", body(names)}) {
        assertThat(result(ours, simple)).as(simple).isEqualTo(result(camels, simple));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "take",
        "take.length",
        "next.take",
        "next.take.length",
        "boom",
        "boom.length",
        "next.boom",
        "fail",
        "next.fail.length",
        "step",
        "step.size",
        "step.calls",
        "step.missing",
        "next.step.size",
        "next.next.missing",
        "next.next.step[calls]",
        "URL",
        "uRL",
        "url",
        "X",
        "x",
        "getX",
        "next.X",
        "next.URL.length",
        "word",
        "isWord",
        "boxed",
        "isBoxed",
        "real",
        "real.booleanValue",
        "nothing",
        "next.nothing",
        "fixed",
        "hashCode",
        "toString",
        "class",
        "getClass",
        "next.hashCode",
        "next.toString",
        "next.class.simpleName",
        "calls"
      })
  void aMethodIsCalledAsOftenAsByCamel(String names) throws Exception {
    try (var ours = new DefaultCamelContext();
        var camels = new DefaultCamelContext()) {
      ours.getRegistry().bind("bean-language", new GetterLanguage());
      for (var simple :
          new String[] {"${exchangeProperty.thing." + names + "}", "${body." + names + "}"}) {
        var mine = new Counting();
        var theirs = new Counting();
        assertThat(result(ours, simple, mine)).as(simple).isEqualTo(result(camels, simple, theirs));
        assertThat(mine.calls).as(simple).isEqualTo(theirs.calls);
      }
    }
  }

  /**
   * Whether Camel finds such a name ambiguous depends on the order in which the JVM lists methods.
   */
  @Test
  void aMethodOfThatNameIsCalledRatherThanItsGetter() throws Exception {
    try (var camel = new DefaultCamelContext()) {
      camel.getRegistry().bind("bean-language", new GetterLanguage());
      assertThat(result(camel, "${body.both}", new Counting())).isEqualTo("method 1");
      assertThat(result(camel, "${exchangeProperty.thing.getBoth}", new Counting()))
          .isEqualTo("getter 1");
    }
  }

  @Test
  void plainNamesCostCamelNothing() throws Exception {
    try (var camel = new DefaultCamelContext()) {
      var language = new GetterLanguage();
      language.setCamelContext(camel);
      assertThat(language.createExpression(null, of(".inner.name")))
          .isNotInstanceOf(BeanExpression.class);
      assertThat(language.createExpression(null, of(".name.toUpperCase()")))
          .isInstanceOf(BeanExpression.class);
    }
  }

  private static Object[] of(String names) {
    return new Object[] {null, THING, names};
  }

  private static String body(String names) {
    return "${" + names.replaceFirst("^\\w+", "body") + "}";
  }

  /** The value, or the types of the failure and its cause. */
  private static Object result(CamelContext camel, String simple) {
    return result(camel, simple, THING);
  }

  private static Object result(CamelContext camel, String simple, Object thing) {
    camel.start();
    var exchange = new DefaultExchange(camel);
    exchange.setProperty("thing", thing);
    exchange.getMessage().setBody(thing);
    try {
      var expression = camel.resolveLanguage("simple").createExpression(simple);
      expression.init(camel);
      return String.valueOf(expression.evaluate(exchange, Object.class));
    } catch (RuntimeException e) {
      return e.getClass() + " of " + (e.getCause() == null ? "" : e.getCause().getClass());
    }
  }
}
