package io.outpost.routes;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.language.bean.BeanExpression;
import org.apache.camel.support.DefaultExchange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names in routes mean what they mean to Camel, and plain ones are read without it. */
class GetterLanguageTest {

  /** What routes see, of each kind that Camel knows. */
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

  /** The value, or what went wrong: the type of the failure and of its cause. */
  private static Object result(CamelContext camel, String simple) {
    camel.start();
    var exchange = new DefaultExchange(camel);
    exchange.setProperty("thing", THING);
    exchange.getMessage().setBody(THING);
    try {
      var expression = camel.resolveLanguage("simple").createExpression(simple);
      expression.init(camel);
      return String.valueOf(expression.evaluate(exchange, Object.class));
    } catch (RuntimeException e) {
      return e.getClass() + " of " + (e.getCause() == null ? "" : e.getCause().getClass());
    }
  }
}
