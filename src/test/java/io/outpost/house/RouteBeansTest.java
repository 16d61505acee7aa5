package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.aop.support.AopUtils;
import org.springframework.context.ApplicationContext;

/** What route files name in Java is there: Camel itself finds out only when a message comes by. */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class RouteBeansTest {

  private static final Pattern IN_SIMPLE =
      Pattern.compile("\\$\\{bean:(\\w+)(?:\\?method=|::|\\.)(\\w+)");
  private static final Pattern REFERENCE = Pattern.compile("^#(?:bean:)?(\\w+)$");
  private static final Pattern CLASS =
      Pattern.compile("^(?:#class:)?((?:[a-z]\\w*\\.){2,}[A-Z]\\w*)");

  private final ApplicationContext context;

  RouteBeansTest(LocalOutpost outpost) {
    context = outpost.context();
  }

  static List<RouteFile> files() throws IOException {
    return RouteFile.all();
  }

  /** A step's Java: the bean's name and the method. */
  private record Call(String bean, String method) {
    /** What follows the name are arguments. */
    String name() {
      return method.replaceFirst("\\(.*", "");
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyBeanAndItsMethodAreThere(RouteFile file) {
    assertThat(calls(file))
        .as(file.name())
        .allSatisfy(
            call -> {
              assertThat(context.containsBean(call.bean())).as("a bean %s", call.bean()).isTrue();
              assertThat(type(call).getMethods()).extracting(Method::getName).contains(call.name());
            });
  }

  @ParameterizedTest
  @MethodSource("files")
  void stepsHoldNoState(RouteFile file) {
    assertThat(calls(file).map(this::type).flatMap(type -> Arrays.stream(type.getDeclaredFields())))
        .as(file.name())
        .allMatch(
            field ->
                Modifier.isFinal(field.getModifiers())
                    || Modifier.isVolatile(field.getModifiers()));
  }

  @ParameterizedTest
  @MethodSource("files")
  void everyReferenceAndClassIsThere(RouteFile file) {
    assertThat(file.find(REFERENCE).map(found -> found.group(1)))
        .as(file.name())
        .allMatch(context::containsBean);
    assertThat(file.find(CLASS).map(found -> found.group(1)))
        .as(file.name())
        .allSatisfy(name -> assertThatCode(() -> Class.forName(name)).doesNotThrowAnyException());
  }

  private static Stream<Call> calls(RouteFile file) {
    var steps =
        file.fields()
            .map(RouteFile.Field::value)
            .filter(node -> node.has("ref") && node.has("method"))
            .map(node -> new Call(node.get("ref").asText(), node.get("method").asText()));
    var inSimple = file.find(IN_SIMPLE).map(found -> new Call(found.group(1), found.group(2)));
    return Stream.concat(steps, inSimple);
  }

  private Class<?> type(Call call) {
    return AopUtils.getTargetClass(context.getBean(call.bean()));
  }
}
