package io.outpost.house;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.outpost.local.LocalOutpost;
import io.outpost.local.SharedOutpost;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.aop.support.AopUtils;
import org.springframework.context.ApplicationContext;

/**
 * The beans, methods and classes in route files exist; Camel itself checks them only when a message
 * arrives.
 */
@Tag("product")
@ExtendWith(SharedOutpost.class)
class RouteBeansTest {

  private static final Pattern IN_SIMPLE =
      Pattern.compile("\\$\\{bean:(\\w+)(?:\\?method=|::|\\.)(\\w+)");
  private static final Pattern REFERENCE = Pattern.compile("^#(?:bean:)?(\\w+)$");
  private static final Pattern CLASS =
      Pattern.compile("^(?:#class:)?((?:[a-z]\\w*\\.){2,}[A-Z]\\w*)");

  private static final JavaClasses OURS = new ClassFileImporter().importPackages("io.outpost");
  private static final Set<String> MESSAGE =
      Set.of("org.apache.camel.Exchange", "org.apache.camel.Message");
  private static final String WRITES =
      "(set|remove)(Variables?|Headers?|Body|Message|In|Out)|removePropert(y|ies)";

  private final ApplicationContext context;

  RouteBeansTest(LocalOutpost outpost) {
    context = outpost.context();
  }

  static List<RouteFile> files() throws IOException {
    return RouteFile.all();
  }

  /** The bean and the method that a step calls. */
  private record Call(String bean, String method) {
    /** The method's name without arguments. */
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

  /**
   * Camel gives an expression a copy of the message and takes back only the properties that are set
   * in it: a variable, header or body is lost, and a removed property stays.
   */
  @ParameterizedTest
  @MethodSource("files")
  void javaOfAnExpressionWritesNothingThatIsLost(RouteFile file) {
    assertThat(expressions(file))
        .allSatisfy(call -> assertThat(written(call)).as("%s writes", call).isEmpty());
  }

  private static Stream<Call> calls(RouteFile file) {
    return Stream.concat(named(file, "bean"), expressions(file));
  }

  private static Stream<Call> expressions(RouteFile file) {
    var inSimple = file.find(IN_SIMPLE).map(found -> new Call(found.group(1), found.group(2)));
    return Stream.concat(named(file, "method"), inSimple);
  }

  private static Stream<Call> named(RouteFile file, String field) {
    return file.fields()
        .filter(f -> f.name().equals(field) && f.value().has("ref") && f.value().has("method"))
        .map(f -> new Call(f.value().get("ref").asText(), f.value().get("method").asText()));
  }

  /** The writes to the message by a method and by the methods of its class that it calls. */
  private Set<String> written(Call call) {
    var type = OURS.get(type(call));
    var seen = new HashSet<JavaCodeUnit>();
    var open = new ArrayDeque<JavaCodeUnit>();
    type.getMethods().stream().filter(m -> m.getName().equals(call.name())).forEach(open::add);
    var written = new TreeSet<String>();
    while (!open.isEmpty()) {
      var unit = open.remove();
      if (seen.add(unit)) {
        for (var made : unit.getCallsFromSelf()) {
          if (MESSAGE.contains(made.getTargetOwner().getFullName())
              && made.getTarget().getName().matches(WRITES)) {
            written.add(made.getTarget().getName());
          }
          made.getTarget()
              .resolveMember()
              .filter(m -> m.getOwner().equals(type))
              .ifPresent(open::add);
        }
      }
    }
    return written;
  }

  private Class<?> type(Call call) {
    return AopUtils.getTargetClass(context.getBean(call.bean()));
  }
}
